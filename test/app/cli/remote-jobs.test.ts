import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';

import type { FileResource, JobResource } from '../../../src/rest/contract.ts';
import { objectsOf, workplace, type Workplace } from './command.ts';
import {
  fakeService,
  jobResource,
  Refusal,
  type FakeService,
  type Handler,
} from './fake-service.ts';

const FIRST = jobResource();
const SECOND = jobResource({
  id: '0198c3a2-8000-7c3e-9d55-0c6b2f0f9b22',
  displayName: 'other.iso',
  state: 'error',
  error: {
    kind: 'fatal',
    code: 'HTTP_E_STATUS_NOT_FOUND',
    hresult: 0x80190194 | 0,
    message: 'The server does not have the file.',
  },
});
const OLD = jobResource({
  id: '0198c3a1-0000-7c3e-9d55-0c6b2f0f9c33',
  displayName: 'old.iso',
  state: 'acknowledged',
});

const noFileStats = { sourceURL: '', fileSize: 0, totalBytesDownloaded: 0 };
const FILE: FileResource = {
  index: 0,
  fileId: 'x/0',
  remoteName: 'https://user:pass@host/big.iso?token=secret',
  localName: '/d/big.iso',
  ranges: [],
  sizeBytes: 1_000,
  remoteSizeBytes: 1_000,
  bytesTransferred: 420,
  transferred: false,
  completed: false,
  digest: null,
  integrityCheckMandatory: null,
  responseHeaders: null,
  stats: {
    ...noFileStats,
    fileId: 'x/0',
    bytesFromLanPeers: 0,
    bytesFromGroupPeers: 0,
    bytesFromInternetPeers: 0,
    bytesFromHttp: 0,
    bytesFromDoinc: 0,
    bytesToLanPeers: 0,
    bytesToGroupPeers: 0,
    bytesToInternetPeers: 0,
    httpConnectionCount: 0,
    doincConnectionCount: 0,
    lanConnectionCount: 0,
    groupConnectionCount: 0,
    internetConnectionCount: 0,
    downloadDuration: 0,
    downloadMode: 0,
    status: 0,
    isBackground: true,
  },
};

/** Two jobs on a page each, and a final one that only a query for all of them finds. */
function listJobs({ query }: Parameters<Handler>[0]): unknown {
  const jobs: readonly JobResource[] =
    query['all'] === 'true' ? [OLD, FIRST, SECOND] : [FIRST, SECOND];
  const states = query['state']?.split(',');
  const found = jobs.filter(({ state }) => states === undefined || states.includes(state));
  const total = found.length;
  if (query['first'] === 'newest') return { jobs: found.toReversed(), next: null, total };
  const at = Number(query['cursor'] ?? 0);
  const next = at + 1 < found.length ? String(at + 1) : null;
  return { jobs: found.slice(at, at + 1), next, total };
}

function getJob({ params }: Parameters<Handler>[0]): unknown {
  const job = [FIRST, SECOND, OLD].find(({ id }) => id === params['id']);
  if (job === undefined) throw new Refusal(404, 'DO_E_JOB_NOT_FOUND', -2133843961, 'No such job.');
  return job;
}

async function placeWith(
  handlers: Parameters<typeof fakeService>[1],
): Promise<{ place: Workplace; service: FakeService } & AsyncDisposable> {
  const place = await workplace();
  const socket = place.directory.join('h.sock');
  const service = await fakeService(socket, { listJobs, getJob, ...handlers });
  delete place.env['HAULYARD_EMBEDDED'];
  place.env['HAULYARD_SOCKET'] = socket;
  return {
    place,
    service,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

test('list prints the jobs of every page unchanged, as an array or a line each', async () => {
  await using world = await placeWith({});
  const array = await world.place.run(['list', '--json']);
  assert.equal(array.exitCode, 0, array.stderr);
  assert.deepEqual(objectsOf(array), [[FIRST, SECOND]]);
  const lines = await world.place.run(['list', '--jsonl', '--finished']);
  assert.deepEqual(objectsOf(lines), [OLD, FIRST, SECOND]);
  const text = await world.place.run(['list']);
  assert.equal(text.stdout, '');
  assert.match(text.stderr, /0198c3a2-7f7e.* transferring +42% .*big\.iso/);
  assert.match(text.stderr, / error .*other\.iso +HTTP_E_STATUS_NOT_FOUND/);
});

test('a job goes by its id, by its name, by the beginning and the end of its id', async () => {
  await using world = await placeWith({});
  for (const text of [FIRST.id, 'big.iso', '0198c3a2-7', '9a11']) {
    const shown = await world.place.run(['show', '--json', text]);
    assert.deepEqual(objectsOf(shown), [FIRST], text);
  }
  const old = await world.place.run(['show', '--json', 'old.iso']);
  assert.deepEqual(objectsOf(old), [OLD]);
  const both = await world.place.run(['show', '0198c3a2']);
  assert.equal(both.exitCode, 42);
  assert.match(both.stderr, /2 jobs[^]*big\.iso\n[^]*other\.iso\n/);
  for (const unknown of ['ffff', 'none', '01234567-89ab-7def-8123-456789abcdef']) {
    assert.equal((await world.place.run(['show', unknown])).exitCode, 42, unknown);
  }
});

test('show tells a job and its files, and no secret of a URL', async () => {
  await using world = await placeWith({ listFiles: () => ({ files: [FILE], next: null }) });
  const shown = await world.place.run(['show', 'big.iso']);
  assert.equal(shown.exitCode, 0, shown.stderr);
  assert.match(shown.stderr, /^owner {8}alice$/m);
  assert.match(shown.stderr, /from https:\/\/host\/big\.iso\?…$/m);
  assert.doesNotMatch(shown.stderr, /secret|pass/);
});

test('add sends one job for all URLs, prints its id, and makes the directory', async () => {
  await using world = await placeWith({ createJob: () => FIRST });
  const { place, service } = world;
  const args = [
    '-d',
    'x',
    '--priority',
    'low',
    '--limit',
    '2M',
    '--cost',
    'unrestricted',
    '-H',
    'A: b',
  ];
  const result = await place.run(['add', ...args, 'http://host/a?q=1', 'http://host/b']);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal(result.stdout, `${FIRST.id}\n`);
  const { body, headers } = service.last('createJob');
  assert.deepEqual(body, {
    resume: true,
    priority: 'low',
    customHeaders: 'A: b',
    maxBytesPerSecond: 2_097_152,
    costFlags: 0x80000021,
    displayName: 'a and 1 more',
    files: [
      { remoteName: 'http://host/a?q=1', localName: place.directory.join('x/a') },
      { remoteName: 'http://host/b', localName: place.directory.join('x/b') },
    ],
  });
  assert.match(headers['idempotency-key'] as string, /^[0-9a-f-]{36}$/);
  assert.ok((await readdir(place.directory.path)).includes('x'));
  const each = await place.run(['add', '--each', '--paused', 'http://host/a', 'http://host/b']);
  assert.equal(each.stdout, `${FIRST.id}\n${FIRST.id}\n`);
  assert.equal((service.last('createJob').body as { resume: boolean }).resume, false);
});

test('set changes properties and URLs in one command', async () => {
  await using world = await placeWith({ changeJob: () => FIRST, changeFile: () => FILE });
  const { place, service } = world;
  const words = ['priority=low', 'limit=none', 'no-progress-timeout=2h', 'url=http://host/c'];
  const result = await place.run(['set', '--json', 'big.iso', ...words]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.deepEqual(service.last('changeJob').body, {
    priority: 'low',
    maxBytesPerSecond: null,
    noProgressTimeoutSeconds: 7_200,
  });
  assert.deepEqual(service.last('changeFile').params, { id: FIRST.id, index: '0' });
  assert.deepEqual(service.last('changeFile').body, { remoteName: 'http://host/c' });
  assert.deepEqual(objectsOf(result), [FIRST]);
  const typo = await place.run(['set', 'big.iso', 'prioritty=low']);
  assert.equal(typo.exitCode, 28);
  assert.match(typo.stderr, /did you mean "priority"/);
});

test('order, files --add and limit send what was typed', async () => {
  const rule = { bytesPerSecond: null, rule: 'none' };
  const limits = {
    total: { bytesPerSecond: 2_097_152, rule: 'bandwidth.total' },
    foreground: rule,
    background: rule,
    job: rule,
    linkBytesPerSecond: null,
    nextChangeAt: null,
  };
  await using world = await placeWith({
    orderJob: () => FIRST,
    addFiles: () => ({ files: [FILE], next: null }),
    listFiles: () => ({ files: [FILE], next: null }),
    changeLimits: () => limits,
  });
  const { place, service } = world;
  assert.equal((await place.run(['order', 'big.iso', 'after', 'other.iso'])).exitCode, 0);
  assert.deepEqual(service.last('orderJob').body, { position: { after: SECOND.id } });
  assert.equal((await place.run(['order', 'big.iso', 'beside'])).exitCode, 28);
  const added = await place.run(['files', 'big.iso', '--add', 'http://host/z', '--jsonl']);
  assert.deepEqual(objectsOf(added), [FILE]);
  assert.deepEqual(service.last('addFiles').body, {
    files: [{ remoteName: 'http://host/z', localName: place.directory.join('z') }],
  });
  assert.equal((await place.run(['files', 'big.iso', '-o', 'z'])).exitCode, 28);
  const limited = await place.run(['limit', 'total', '2M', 'job', 'none']);
  assert.deepEqual(service.last('changeLimits').body, { total: 2_097_152, job: null });
  assert.match(limited.stderr, /^total +2 MiB\/s +bandwidth\.total$/m);
});

test('--all picks the jobs that a command is for, and one refusal does not stop the others', async () => {
  await using world = await placeWith({
    retryJob: () => SECOND,
    cancelJobAction({ params }) {
      if (params['id'] === SECOND.id) return { hresult: 0, job: { ...SECOND, state: 'cancelled' } };
      throw new Refusal(409, 'DO_E_INVALID_STATE', -2133843958, 'It is done already.');
    },
  });
  const { place, service } = world;
  const retried = await place.run(['retry', '--all', '--json']);
  assert.equal(retried.exitCode, 0, retried.stderr);
  assert.deepEqual(objectsOf(retried), [SECOND]);
  assert.equal(service.last('retryJob').params['id'], SECOND.id);
  const cancelled = await place.run(['cancel', '--all']);
  assert.equal(cancelled.exitCode, 43);
  assert.match(cancelled.stderr, /^big\.iso: It is done already\. \(DO_E_INVALID_STATE/m);
  assert.match(cancelled.stderr, /^other\.iso: cancelled$/m);
  const both = await place.run(['cancel', '--all', 'big.iso']);
  assert.equal(both.exitCode, 28);
  assert.equal((await place.run(['pause'])).exitCode, 28);
});

test('what the service refuses keeps its code and its sentence', async () => {
  await using world = await placeWith({
    getStats() {
      throw new Refusal(403, 'E_ACCESSDENIED', -2147024891, 'Only an administrator may.');
    },
  });
  const result = await world.place.run(['stats']);
  assert.equal(result.exitCode, 41);
  assert.match(
    result.stderr,
    /^haulyard: Only an administrator may\. \(E_ACCESSDENIED 0x80070005\)$/m,
  );
});

const needService = [
  ['add', 'http://host/a'],
  ['watch'],
  ['events'],
  ['pause', 'x'],
  ['retry', 'x'],
  ['remove', 'x'],
  ['set', 'x', 'limit=1M'],
  ['files', 'x'],
  ['order', 'x', 'first'],
  ['limit'],
  ['stats'],
  ['policy', 'show'],
  ['policy', 'test'],
  ['config', 'set', 'bandwidth.total=1M'],
  ['config', 'unset', 'bandwidth.total'],
  ['daemon', 'status'],
  ['daemon', 'reload'],
  ['daemon', 'stop'],
  ['logs'],
  ['explain', 'x'],
  ['list', '--finished'],
] as const;

test('without a service every command that needs one says how to start it, and exits with 40', async () => {
  await using place = await workplace();
  for (const args of needService) {
    const result = await place.run(args);
    assert.equal(result.exitCode, 40, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, /haulyard daemon run/);
    assert.equal(result.stdout, '');
  }
  assert.ok(!(await readdir(place.directory.path)).includes('data'));
});

test('a socket that is named has to be there; a forgotten one counts as no service', async () => {
  await using place = await workplace();
  const named = await place.run(['--socket', 'none.sock', 'list']);
  assert.equal(named.exitCode, 40);
  assert.match(named.stderr, /No service listens at .*none\.sock \(ENOENT\)/);
  const contradiction = await place.run(['--socket', 'x', '--embedded', 'list']);
  assert.equal(contradiction.exitCode, 28);
  const token = await place.run(['--url', 'http://127.0.0.1:1', 'list']);
  assert.equal(token.exitCode, 41);
  assert.match(token.stderr, /HAULYARD_TOKEN/);
});
