/** A route: what a client needs to know to send a request, without any schema. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the root, with `{name}` for each parameter. */
  readonly path: string;
  /** Status of success. */
  readonly status: 200 | 201 | 202 | 204;
  /** Who may call it: anyone (health), any user, or administrators alone. */
  readonly access: 'public' | 'user' | 'administrator';
  readonly summary: string;
}

const get = (path: string, summary: string, access: Route['access'] = 'user'): Route => ({
  method: 'GET',
  path,
  status: 200,
  access,
  summary,
});
const post = (path: string, summary: string, access: Route['access'] = 'user'): Route => ({
  method: 'POST',
  path,
  status: 200,
  access,
  summary,
});
const patch = (path: string, summary: string, access: Route['access'] = 'user'): Route => ({
  method: 'PATCH',
  path,
  status: 200,
  access,
  summary,
});

/** What a route, its schemas and its client method go by. */
export type RouteName =
  | 'listJobs'
  | 'createJob'
  | 'getJob'
  | 'changeJob'
  | 'cancelJob'
  | 'resumeJob'
  | 'suspendJob'
  | 'completeJob'
  | 'cancelJobAction'
  | 'retryJob'
  | 'orderJob'
  | 'acknowledgeJob'
  | 'removeJob'
  | 'explainJob'
  | 'listFiles'
  | 'addFiles'
  | 'getFile'
  | 'changeFile'
  | 'listPieces'
  | 'listSources'
  | 'listAttempts'
  | 'listJobEvents'
  | 'getCustomHeaders'
  | 'setCustomHeaders'
  | 'streamEvents'
  | 'listDownloads'
  | 'createDownload'
  | 'getDownload'
  | 'startDownload'
  | 'pauseDownload'
  | 'abortDownload'
  | 'finalizeDownload'
  | 'getDownloadProperty'
  | 'setDownloadProperty'
  | 'readDownload'
  | 'getLimits'
  | 'changeLimits'
  | 'getConfig'
  | 'changeConfig'
  | 'testPolicy'
  | 'getNetwork'
  | 'getStats'
  | 'getService'
  | 'reloadService'
  | 'stopService'
  | 'listLogs'
  | 'health'
  | 'ready'
  | 'metrics'
  | 'openapi';

/** Every route of the service. */
export const ROUTES: Readonly<Record<RouteName, Route>> = {
  listJobs: get('/v1/jobs', 'Jobs in order of creation, a page at a time'),
  createJob: {
    method: 'POST',
    path: '/v1/jobs',
    status: 201,
    access: 'user',
    summary:
      'Makes a job, with its files if given; repeated with the same Idempotency-Key it makes no second one',
  },
  getJob: get('/v1/jobs/{id}', 'One job; final ones for as long as their history is kept'),
  changeJob: patch(
    '/v1/jobs/{id}',
    'Changes properties of a job; If-Match guards against a change in between',
  ),
  cancelJob: {
    method: 'DELETE',
    path: '/v1/jobs/{id}',
    status: 200,
    access: 'user',
    summary: 'Cancels a job: the same as its action cancel',
  },
  resumeJob: post('/v1/jobs/{id}/resume', 'Starts, continues or retries a job'),
  suspendJob: post('/v1/jobs/{id}/suspend', 'Stops a job; its bytes are kept'),
  completeJob: post(
    '/v1/jobs/{id}/complete',
    'Moves the finished files to their final names and ends the job',
  ),
  cancelJobAction: post('/v1/jobs/{id}/cancel', 'Ends a job and deletes its temporary files'),
  retryJob: post(
    '/v1/jobs/{id}/retry',
    'Resumes a job that waits in an error; refused in any other state',
  ),
  orderJob: post('/v1/jobs/{id}/order', 'Moves a queued job within its queue'),
  acknowledgeJob: post('/v1/jobs/{id}/acknowledge', 'Says that a final event has been taken'),
  removeJob: post(
    '/v1/jobs/{id}/remove',
    'Forgets a final job before its time; cancels one that is not final',
  ),
  explainJob: get('/v1/jobs/{id}/explain', 'Why the job is where it is, and what would move it'),
  listFiles: get('/v1/jobs/{id}/files', 'Files of a job, a page at a time'),
  addFiles: {
    method: 'POST',
    path: '/v1/jobs/{id}/files',
    status: 201,
    access: 'user',
    summary: 'Adds files to a job, all or none',
  },
  getFile: get('/v1/jobs/{id}/files/{index}', 'One file of a job'),
  changeFile: patch(
    '/v1/jobs/{id}/files/{index}',
    'Gives a file another URL, or sets its properties',
  ),
  listPieces: get('/v1/jobs/{id}/pieces', 'Which bytes of each file are here'),
  listSources: get('/v1/jobs/{id}/sources', 'Where the bytes of a job come from'),
  listAttempts: get('/v1/jobs/{id}/attempts', 'Failed attempts, newest first'),
  listJobEvents: get(
    '/v1/jobs/{id}/events',
    'What happened to a job, as far as the event log goes back',
  ),
  getCustomHeaders: get(
    '/v1/jobs/{id}/custom-headers',
    'Header lines sent with every request of a job',
  ),
  setCustomHeaders: {
    method: 'PUT',
    path: '/v1/jobs/{id}/custom-headers',
    status: 200,
    access: 'user',
    summary: 'Sets or removes them',
  },
  streamEvents: get('/v1/events', 'Server-sent events of all jobs, replayed after Last-Event-ID'),
  listDownloads: get('/v1/downloads', 'Downloads of the IDO family that are not final'),
  createDownload: {
    method: 'POST',
    path: '/v1/downloads',
    status: 201,
    access: 'user',
    summary: 'Makes a download of the IDO family',
  },
  getDownload: get('/v1/downloads/{id}', 'Status of a download'),
  startDownload: post('/v1/downloads/{id}/start', 'Starts a download or goes on'),
  pauseDownload: post('/v1/downloads/{id}/pause', 'Pauses a download'),
  abortDownload: post('/v1/downloads/{id}/abort', 'Ends a download and deletes what it created'),
  finalizeDownload: post(
    '/v1/downloads/{id}/finalize',
    'Delivers the file of a transferred download',
  ),
  getDownloadProperty: get(
    '/v1/downloads/{id}/properties/{property}',
    'A property of a download, by number',
  ),
  setDownloadProperty: {
    method: 'PUT',
    path: '/v1/downloads/{id}/properties/{property}',
    status: 200,
    access: 'user',
    summary: 'Sets a property of a download, by number',
  },
  readDownload: get(
    '/v1/downloads/{id}/content',
    'Content of a download that streams, in the order of its ranges',
  ),
  getLimits: get('/v1/limits', 'Bandwidth limits in force, and the rule that sets each'),
  changeLimits: patch(
    '/v1/limits',
    'Sets bandwidth limits until they are set again',
    'administrator',
  ),
  getConfig: get('/v1/config', 'Every effective setting with its origin'),
  changeConfig: patch(
    '/v1/config',
    'Stores settings that override files and environment',
    'administrator',
  ),
  testPolicy: post(
    '/v1/policies/test',
    'The effective policies at another time, on another network, and which jobs would run',
  ),
  getNetwork: get('/v1/network', 'The network and power supply as the service sees them'),
  getStats: get('/v1/stats', 'Jobs by state, rates, and bytes by source and month'),
  getService: get('/v1/service', 'Version, process, listeners and health of the service'),
  reloadService: post('/v1/service/reload', 'Reads the configuration again', 'administrator'),
  stopService: {
    method: 'POST',
    path: '/v1/service/stop',
    status: 202,
    access: 'administrator',
    summary: 'Stops the service; every job stays where it is',
  },
  listLogs: get('/v1/service/logs', 'The newest lines of the log', 'administrator'),
  health: get('/healthz', 'Whether the process lives', 'public'),
  ready: get('/readyz', 'Whether the service accepts calls', 'public'),
  metrics: get('/metrics', 'Metrics as text for Prometheus'),
  openapi: get('/openapi.json', 'This interface as OpenAPI 3.1', 'public'),
};

/** The path of a route with its parameters filled in. */
export function pathOf(
  name: RouteName,
  params: Readonly<Record<string, string | number>> = {},
): string {
  return ROUTES[name].path.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(String(params[key])),
  );
}
