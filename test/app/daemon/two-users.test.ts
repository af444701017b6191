import assert from 'node:assert/strict';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { test } from 'node:test';

import { createToken } from '../../../src/daemon.ts';
import type { ApiRequest } from '../../support/api-client.ts';
import { completeJob, getJob, jobInState, jobWhen } from '../../support/daemon-jobs.ts';
import { daemonPlace, type DaemonPlace, type DaemonProcess } from '../../support/daemon-process.ts';
import { compareFile, type Origin, startOrigin } from '../../support/origin.ts';
import {
  NO_REAL_USERS,
  privateDirectory,
  type RealUser,
  realUsers,
  requestAs,
  type ToldToUser,
} from '../../support/real-users.ts';

const body = { size: 300_000, seed: 21 };

/** A service of the machine, with a socket and a directory for each of two users. */
interface Shared extends AsyncDisposable {
  readonly place: DaemonPlace;
  readonly daemon: DaemonProcess;
  readonly origin: Origin;
  readonly users: readonly [RealUser, RealUser];
  /** A path in the user's own directory. */
  readonly home: (user: RealUser, name: string) => string;
  /** Sends over the user's own socket, from a process of the user. */
  readonly as: (user: RealUser, request: ApiRequest) => Promise<ToldToUser>;
  readonly makeJob: (user: RealUser, localName: string, more?: object) => Promise<ToldToUser>;
}

async function openShared(): Promise<Shared> {
  await using opened = new AsyncDisposableStack();
  const { users } = opened.use(await realUsers());
  const origin = opened.use(await startOrigin());
  const url = origin.put('/file', { body });
  const names = users.map(({ name }) => JSON.stringify(name)).join(', ');
  const place = opened.use(
    await daemonPlace(`[daemon]\nsocket_users = [${names}]\ntcp = "127.0.0.1:0"\n`),
  );
  await chmod(place.join(), 0o755);
  for (const user of users) await privateDirectory(place.join(user.name), user);
  // The service makes the directory of its sockets, so that all its users can reach theirs.
  const socket = place.join('sockets', 'haulyard.sock');
  const daemon = await place.start({ env: { HAULYARD_SOCKET: socket } });
  const as: Shared['as'] = (user, request) =>
    requestAs(user, { socketPath: place.join('sockets', `${user.name}.sock`), ...request });
  const resources = opened.move();
  return {
    place,
    daemon,
    origin,
    users,
    home: (user, name) => place.join(user.name, name),
    as,
    makeJob: (user, localName, more = {}) =>
      as(user, {
        method: 'POST',
        path: '/v1/jobs',
        body: { displayName: 'x', files: [{ remoteName: url, localName }], ...more },
      }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

test(
  'a job is its owner’s: another user neither sees, reads, changes nor hears of it',
  { skip: NO_REAL_USERS },
  async () => {
    await using shared = await openShared();
    const { place, daemon, as, home } = shared;
    const [anna, ben] = shared.users;
    const made = await shared.makeJob(anna, home(anna, 'file'), { resume: true });
    assert.equal(made.status, 201, JSON.stringify(made));
    const { id, owner } = made.json;
    assert.equal(owner, anna.name);
    await jobInState(daemon, id, 'transferred');
    assert.equal((await as(anna, { path: `/v1/jobs/${id}` })).json.state, 'transferred');

    const foreign = { socketPath: place.join('sockets', `${anna.name}.sock`), path: '/v1/jobs' };
    assert.deepEqual(await requestAs(ben, foreign), { error: 'EACCES' });
    const main = { socketPath: place.join('sockets', 'haulyard.sock'), path: '/v1/jobs' };
    assert.deepEqual(await requestAs(ben, main), { error: 'EACCES' });

    const token = createToken(place.dataDir, { user: ben.name, administrator: false });
    const overTcp = (request: ApiRequest) => daemon.call({ port: daemon.port, token, ...request });
    const calls: readonly ApiRequest[] = [
      ...['', '/files', '/files/0', '/pieces', '/sources', '/attempts', '/explain'].map((path) => ({
        path: `/v1/jobs/${id}${path}`,
      })),
      { path: `/v1/jobs/${id}/events` },
      { path: `/v1/jobs/${id}/custom-headers` },
      { path: `/v1/events?job=${id}` },
      { path: `/v1/jobs?owner=${anna.name}` },
      { path: '/v1/jobs?owner=*' },
      { path: '/v1/events?owner=*' },
      { path: `/v1/downloads/${id}` },
      { method: 'PATCH', path: `/v1/jobs/${id}`, body: { priority: 'low' } },
      {
        method: 'POST',
        path: `/v1/jobs/${id}/files`,
        body: { files: [{ remoteName: 'http://127.0.0.1:9/x', localName: home(ben, 'x') }] },
      },
      { method: 'PUT', path: `/v1/jobs/${id}/custom-headers`, body: { headers: 'A: b' } },
      { method: 'POST', path: `/v1/jobs/${id}/order`, body: { position: 'first' } },
      { method: 'POST', path: `/v1/jobs/${id}/acknowledge`, body: { sequence: 1 } },
      {
        method: 'PATCH',
        path: `/v1/jobs/${id}/files/0`,
        body: { remoteName: 'http://127.0.0.1:9/' },
      },
      ...['resume', 'suspend', 'complete', 'cancel', 'retry', 'remove'].map((action) => ({
        method: 'POST',
        path: `/v1/jobs/${id}/${action}`,
      })),
      { method: 'DELETE', path: `/v1/jobs/${id}` },
      { method: 'PATCH', path: '/v1/config', body: { set: {} } },
      { path: '/v1/service/logs' },
    ];
    for (const call of calls) {
      const what = `${call.method ?? 'GET'} ${call.path}`;
      const answer = await overTcp(call);
      assert.ok([403, 404].includes(answer.status), `${what}: ${answer.status} ${answer.text}`);
      assert.doesNotMatch(answer.text, /"displayName"|"localName"/, what);
    }
    // Over the socket the same, from a process of the other user.
    for (const call of [calls[0]!, calls[1]!, ...calls.slice(-3)]) {
      const answer = await as(ben, call);
      assert.equal(answer.status, 403, `${call.path}: ${JSON.stringify(answer)}`);
      assert.equal(answer.json.code, 'E_ACCESSDENIED');
    }
    assert.deepEqual((await as(ben, { path: '/v1/jobs?all=true' })).json.jobs, []);
    assert.deepEqual((await overTcp({ path: '/v1/jobs?all=true' })).json.jobs, []);
    assert.equal((await as(ben, { path: '/v1/stats' })).json.jobsByState.transferred ?? 0, 0);

    // The stream of the other user has all that ever happened to jobs of that user, and no more.
    const own = await shared.makeJob(ben, home(ben, 'own'));
    assert.equal(own.status, 201, JSON.stringify(own));
    const heard = await requestAs(
      ben,
      {
        socketPath: place.join('sockets', `${ben.name}.sock`),
        path: '/v1/events?after=0&progress=true',
      },
      { kind: 'job.created', jobId: own.json.id },
    );
    assert.deepEqual(
      heard.events?.map(({ jobId }) => jobId),
      [own.json.id],
    );
    assert.equal((await getJob(daemon, id)).state, 'transferred', 'nothing has changed the job');
  },
);

test(
  'a file of a user belongs to that user, and goes only where the user could put it',
  { skip: NO_REAL_USERS },
  async () => {
    await using shared = await openShared();
    const { place, daemon, as, home } = shared;
    const [anna, ben] = shared.users;
    const target = home(anna, 'file');
    const { json } = await shared.makeJob(anna, target, { resume: true });
    await jobInState(daemon, json.id, 'transferred');
    const [part] = await readdir(place.join(anna.name));
    const partStats = await lstat(home(anna, part!));
    assert.deepEqual([partStats.uid, partStats.gid], [anna.uid, anna.gid]);
    const done = await as(anna, { method: 'POST', path: `/v1/jobs/${json.id}/complete` });
    assert.equal(done.json.hresult, 0);
    const stats = await lstat(target);
    assert.deepEqual([stats.uid, stats.gid], [anna.uid, anna.gid]);
    assert.equal(await compareFile(target, body.size, body.seed), undefined);

    await mkdir(place.join('of-root'), { mode: 0o755 });
    await symlink(place.join('of-root'), home(anna, 'link'));
    await symlink(place.join(ben.name), home(anna, 'to-ben'));
    for (const refused of [
      place.join('of-root', 'file'),
      '/etc/haulyard-test-of-a-user',
      home(ben, 'file'),
      home(anna, 'link/file'),
      home(anna, 'to-ben/file'),
    ]) {
      const answer = await shared.makeJob(anna, refused);
      assert.equal(answer.status, 403, `${refused}: ${JSON.stringify(answer)}`);
      assert.equal(answer.json.code, 'E_ACCESSDENIED');
    }
    assert.deepEqual((await as(anna, { path: '/v1/jobs' })).json.jobs, []);
  },
);

test(
  'a link put into the way after the job was made gains its user nothing',
  { skip: NO_REAL_USERS },
  async () => {
    await using shared = await openShared();
    const { place, daemon, as, home } = shared;
    const [anna] = shared.users;
    const secret = place.join('of-root');
    await mkdir(secret);
    await writeFile(place.join('of-root', 'precious'), 'precious');
    await privateDirectory(home(anna, 'dir'), anna);
    const { json } = await shared.makeJob(anna, home(anna, 'dir/precious'));
    // The directory becomes a link to one of root's.
    await rename(home(anna, 'dir'), home(anna, 'moved'));
    await symlink(secret, home(anna, 'dir'));
    assert.equal(
      (await as(anna, { method: 'POST', path: `/v1/jobs/${json.id}/resume` })).status,
      200,
    );
    const failed = await jobWhen(daemon, json.id, 'the job to fail', ({ state }) =>
      ['error', 'transient_error'].includes(state),
    );
    assert.equal(failed.lastFailure?.code, 'E_ACCESSDENIED');
    assert.deepEqual(await readdir(secret), ['precious']);

    // The target is a link to a file of root's: it is replaced, not followed.
    const target = home(anna, 'moved/link');
    await symlink(place.join('of-root', 'precious'), target);
    const other = await shared.makeJob(anna, target, { resume: true });
    await completeJob(daemon, other.json.id, target, body);
    assert.ok((await lstat(target)).isFile());
    assert.equal(await readFile(place.join('of-root', 'precious'), 'utf8'), 'precious');
  },
);

test(
  'a service of one user is that user’s alone, and so are its files',
  { skip: NO_REAL_USERS },
  async () => {
    await using two = await realUsers();
    const [anna, ben] = two.users;
    await using origin = await startOrigin();
    await using place = await daemonPlace('', anna);
    const daemon = await place.start();
    assert.equal((await lstat(place.socket)).uid, anna.uid);
    assert.equal((await lstat(place.dataDir)).mode & 0o77, 0, 'the store is private');
    const request = { socketPath: place.socket, path: '/v1/service' };
    assert.deepEqual(await requestAs(ben, request), { error: 'EACCES' });
    assert.equal((await requestAs(anna, request)).json.user, anna.name);
    const target = place.target('file');
    const { json } = await requestAs(anna, {
      socketPath: place.socket,
      method: 'POST',
      path: '/v1/jobs',
      body: {
        displayName: 'x',
        files: [{ remoteName: origin.put('/file', { body }), localName: target }],
        resume: true,
      },
    });
    assert.equal(json.owner, anna.name);
    await completeJob(daemon, json.id, target, body);
    assert.equal((await lstat(target)).uid, anna.uid);
    assert.deepEqual(await daemon.stop(), { code: 0, signal: null }, daemon.said());
  },
);
