import { DODownloadProperty } from '../../../src/core/constants.ts';
import type { RouteName } from '../../../src/rest/routes.ts';
import type { ApiRequest } from '../../support/api-client.ts';
import { type ApiWorld, TOKENS } from '../../support/api-world.ts';
import { until } from '../../support/temporary.ts';

/** A request that a route answers well, made in a world that is prepared for it. */
export type RouteCase = (world: ApiWorld) => Promise<ApiRequest>;

/** Nothing listens here: a job that is resumed goes to TRANSIENT_ERROR. */
const NOWHERE = 'http://127.0.0.1:9/file';

const jobPath = (id: string, rest: string = ''): string => `/v1/jobs/${id}${rest}`;

/** A suspended job of alice with one file. */
export async function makeJob(world: ApiWorld, name: string = 'a job'): Promise<string> {
  const { json, text, status } = await world.send({
    method: 'POST',
    path: '/v1/jobs',
    body: {
      displayName: name,
      files: [{ remoteName: NOWHERE, localName: world.target(`${name}.bin`) }],
    },
  });
  if (status !== 201) throw new Error(`createJob answered ${status}: ${text}`);
  return json.id;
}

async function makeDownload(world: ApiWorld): Promise<string> {
  const { json } = await world.send({ method: 'POST', path: '/v1/downloads' });
  return json.id;
}

/** A foreground job that waits for the only slot of its kind, which one without an answer holds. */
export async function makeQueuedJob(world: ApiWorld): Promise<string> {
  const make = async (displayName: string): Promise<string> => {
    const files = [{ remoteName: world.silentUrl, localName: world.target(`${displayName}.bin`) }];
    const body = { displayName, priority: 'foreground', files, resume: true };
    return (await world.send({ method: 'POST', path: '/v1/jobs', body })).json.id;
  };
  const holder = await make('holds the slot');
  await until(
    async () => (await world.send({ path: '/v1/jobs?state=transferring' })).json.jobs.length > 0,
    { what: `job ${holder} or one before it to hold the slot` },
  );
  return make('waits for the slot');
}

async function waitForJob(world: ApiWorld, id: string, state: string): Promise<void> {
  await until(async () => (await world.send({ path: jobPath(id) })).json.state === state, {
    what: `job ${id} to be ${state}`,
  });
}

const ofJob =
  (method: string, rest: string = '', body?: unknown): RouteCase =>
  async (world) => ({ method, path: jobPath(await makeJob(world), rest), body });

const ofDownload =
  (method: string, rest: string = '', body?: unknown): RouteCase =>
  async (world) => ({ method, path: `/v1/downloads/${await makeDownload(world)}${rest}`, body });

const plain =
  (path: string): RouteCase =>
  async () => ({ path });

const byAdministrator =
  (method: string, path: string, body?: unknown): RouteCase =>
  async () => ({ method, path, body, token: TOKENS.admin });

const property = (id: number): string => `/properties/${id}`;

/** One good request for every route. `stopService` comes last, as everything ends with it. */
export const ROUTE_CASES: Readonly<Record<RouteName, RouteCase>> = {
  listJobs: async (world) => {
    await makeJob(world);
    return { path: '/v1/jobs?limit=10&all=true&family=both&state=suspended,queued' };
  },
  createJob: async (world) => ({
    method: 'POST',
    path: '/v1/jobs',
    body: {
      displayName: 'everything',
      type: 0,
      priority: 'foreground',
      files: [
        {
          remoteName: NOWHERE,
          localName: world.target('everything.bin'),
          fileId: 'id',
          ranges: [
            { offset: 0, length: 10 },
            { offset: 20, length: null },
          ],
          sizeBytes: 100,
          digest: { algorithm: 'sha-256', hex: '0'.repeat(64) },
        },
      ],
      customHeaders: 'X-Test: 1',
      maxBytesPerSecond: 1000,
      notifyFlags: 3,
      costFlags: 0x8000_0067,
      noProgressTimeoutSeconds: 60,
      notificationClsid: '00000000-0000-0000-0000-000000000001',
      resume: false,
    },
  }),
  getJob: ofJob('GET'),
  changeJob: ofJob('PATCH', '', { priority: 'low', notifyFlags: 1, maxBytesPerSecond: null }),
  cancelJob: ofJob('DELETE'),
  resumeJob: ofJob('POST', '/resume'),
  suspendJob: ofJob('POST', '/suspend'),
  completeJob: ofJob('POST', '/complete'),
  cancelJobAction: ofJob('POST', '/cancel'),
  retryJob: async (world) => {
    const id = await makeJob(world);
    await world.send({
      method: 'PATCH',
      path: jobPath(id),
      body: { noProgressTimeoutSeconds: 0 },
    });
    await world.send({ method: 'POST', path: jobPath(id, '/resume') });
    await waitForJob(world, id, 'error');
    return { method: 'POST', path: jobPath(id, '/retry') };
  },
  orderJob: async (world) => ({
    method: 'POST',
    path: jobPath(await makeQueuedJob(world), '/order'),
    body: { position: 'first' },
  }),
  acknowledgeJob: ofJob('POST', '/acknowledge', { sequence: 1 }),
  removeJob: ofJob('POST', '/remove'),
  explainJob: ofJob('GET', '/explain'),
  listFiles: ofJob('GET', '/files?limit=5'),
  addFiles: async (world) => ({
    method: 'POST',
    path: jobPath(await makeJob(world), '/files'),
    body: { files: [{ remoteName: NOWHERE, localName: world.target('second.bin') }] },
  }),
  getFile: ofJob('GET', '/files/0'),
  changeFile: ofJob('PATCH', '/files/0', {
    remoteName: `${NOWHERE}/moved`,
    properties: { 6: 1234, 2: false },
  }),
  listPieces: ofJob('GET', '/pieces'),
  listSources: ofJob('GET', '/sources'),
  listAttempts: async (world) => {
    const { path } = await ROUTE_CASES.retryJob(world);
    return { path: path.replace('/retry', '/attempts') };
  },
  listJobEvents: ofJob('GET', '/events'),
  getCustomHeaders: ofJob('GET', '/custom-headers'),
  setCustomHeaders: ofJob('PUT', '/custom-headers', { headers: 'X-Test: 1' }),
  streamEvents: plain('/v1/events'),
  listDownloads: async (world) => {
    await makeDownload(world);
    return { path: '/v1/downloads' };
  },
  createDownload: async () => ({ method: 'POST', path: '/v1/downloads' }),
  getDownload: ofDownload('GET'),
  startDownload: async (world) => {
    const id = await makeDownload(world);
    const path = `/v1/downloads/${id}`;
    const values = {
      [DODownloadProperty.Uri]: NOWHERE,
      [DODownloadProperty.LocalPath]: world.target('download.bin'),
    };
    for (const [key, value] of Object.entries(values)) {
      await world.send({
        method: 'PUT',
        path: `${path}${property(Number(key))}`,
        body: { type: 'string', value },
      });
    }
    return { method: 'POST', path: `${path}/start`, body: { ranges: [] } };
  },
  pauseDownload: ofDownload('POST', '/pause'),
  abortDownload: ofDownload('POST', '/abort'),
  finalizeDownload: async (world) => ({
    method: 'POST',
    path: `/v1/downloads/${await makeDownload(world)}/finalize`,
  }),
  getDownloadProperty: ofDownload('GET', property(DODownloadProperty.Id)),
  setDownloadProperty: ofDownload('PUT', property(DODownloadProperty.DisplayName), {
    type: 'string',
    value: 'shown',
  }),
  readDownload: ofDownload('GET', '/content'),
  getLimits: plain('/v1/limits'),
  changeLimits: byAdministrator('PATCH', '/v1/limits', { total: 1_000, job: null }),
  getConfig: plain('/v1/config'),
  changeConfig: byAdministrator('PATCH', '/v1/config', { set: { 'jobs.foreground_slots': 2 } }),
  testPolicy: async () => ({
    method: 'POST',
    path: '/v1/policies/test',
    body: { when: 'Tue 10:00', network: 'metered', battery: 30, vpn: false },
  }),
  getNetwork: plain('/v1/network'),
  getStats: plain('/v1/stats'),
  getService: plain('/v1/service'),
  reloadService: byAdministrator('POST', '/v1/service/reload'),
  stopService: byAdministrator('POST', '/v1/service/stop'),
  listLogs: byAdministrator('GET', '/v1/service/logs?limit=5'),
  health: plain('/healthz'),
  ready: plain('/readyz'),
  metrics: plain('/metrics'),
  openapi: plain('/openapi.json'),
};

/** Routes whose good answer takes a download or a listener; tests of their own show it. */
export const SHOWN_ELSEWHERE: ReadonlySet<RouteName> = new Set([
  'streamEvents',
  'readDownload',
  'finalizeDownload',
]);
