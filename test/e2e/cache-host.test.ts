import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { CacheHostRules } from '../../src/core/picker/cache-hosts.ts';
import type { Policies } from '../../src/core/policy/policies.ts';
import type { HttpRequest } from '../../src/ports/http-transport.ts';
import type { Content } from '../support/origin.ts';
import { bytesAt } from '../support/origin.ts';
import {
  DEFAULT_POLICIES,
  fileOf,
  openClockWorld,
  startJob,
  until,
  type ClockWorld,
  type ClockWorldOptions,
} from '../support/clock-world.ts';

const SIZE = 400_000;
const SEED = 5;
const FILE: Content = { body: { size: SIZE, seed: SEED }, etag: '"one"' };
const URL = 'http://cdn.test/dir/file.bin?x=1';
const cached = (host: string, url: string = URL): string =>
  `${url.replace('cdn.test', host)}&cacheHostOrigin=cdn.test`;

/** A world with the file at its origin and at the cache hosts `near` and `far`. */
function worldWith(
  policies: Partial<Policies>,
  settings: Omit<ClockWorldOptions, 'policies'> = {},
): ClockWorld {
  const world = openClockWorld({
    ...settings,
    policies: { ...DEFAULT_POLICIES, cacheHosts: ['near', 'far:8080'], ...policies },
  });
  world.web.put(URL, FILE);
  world.web.put(cached('near'), FILE);
  world.web.put(cached('far:8080'), FILE);
  return world;
}

/** The hosts that were asked, each once for a run of requests to it. */
function asked(world: Pick<ClockWorld, 'sent'>): readonly string[] {
  const hosts = world.sent.map(({ url }) => new globalThis.URL(url).hostname);
  return hosts.filter((host, index) => host !== hosts[index - 1]);
}

function assertWhole(world: ClockWorld, name = 'out'): void {
  const part = world.disk.paths().find((path) => path.startsWith('/data/') && path.includes(name));
  const found = world.disk.contentOf(part ?? '');
  assert.ok(found !== undefined && bytesAt(SEED, 0, SIZE).equals(found), 'the bytes differ');
}

function monthly(world: ClockWorld): Readonly<Record<string, number>> {
  return Object.fromEntries(world.store.traffic.read(1).map((row) => [row.source, row.bytesDown]));
}

test('a cache host serves the file instead of its origin, and is counted apart', async () => {
  await using world = worldWith({});
  const { live } = await startJob(world, URL);
  await until(world, live, 'TRANSFERRED');
  assertWhole(world);
  assert.deepEqual(asked(world), ['near']);
  assert.ok(world.sent.every(({ url }) => url === cached('near')));
  assert.ok(world.sent.every((request: HttpRequest) => request.connectTimeoutMs === 3_000));
  const { bytesFromHttp, bytesFromCacheHost } = fileOf(live).statistics;
  assert.deepEqual([bytesFromHttp, bytesFromCacheHost], [0, SIZE]);
  await world.clock.advance(1_000);
  assert.deepEqual(monthly(world), { cacheHost: SIZE });
  assert.equal(fileOf(live).representation?.url, URL, 'what was learned is filed under the origin');
});

test('what a caller gives for its origin is not sent to a cache host', async () => {
  await using world = worldWith({});
  const job = await world.manager.createJob('secret', 0);
  await job.addFile(URL, '/data/out');
  await job.setCustomHeaders('Authorization: secret');
  await job.resume();
  await until(world, world.engine.jobs.get(await job.getId()), 'TRANSFERRED');
  const names = world.sent.flatMap(({ headers }) => headers.map(([name]) => name.toLowerCase()));
  assert.ok(!names.includes('authorization'), names.join());
});

for (const [what, fail] of [
  ['refuses the connection', (world: ClockWorld) => world.web.unreachable.set('near', 'refused')],
  ['has no address', (world: ClockWorld) => world.web.unreachable.set('near', 'unknown')],
  ['answers 404', (world: ClockWorld) => world.web.remove(cached('near'))],
  [
    'answers 503',
    (world: ClockWorld) => {
      world.web.onRequest = ({ url }) =>
        url.includes('near') ? [{ kind: 'status', status: 503 }] : [];
    },
  ],
  [
    'sends a page for a range',
    (world: ClockWorld) => {
      world.web.onRequest = ({ url }) =>
        url.includes('near') ? [{ kind: 'other-status', status: 206 }] : [];
    },
  ],
] as const) {
  test(`without a delay the origin takes over at once when the host ${what}`, async () => {
    await using world = worldWith({});
    fail(world);
    const states: number[] = [];
    world.engine.changes.on(({ job }) => states.push(job.state));
    const { live } = await startJob(world, URL);
    await until(world, live, 'TRANSFERRED', { maxMs: 2_000 });
    assertWhole(world);
    assert.deepEqual(asked(world), ['near', 'cdn.test']);
    assert.ok(!states.includes(5), 'a fallback is no error of the download');
    assert.equal(live.job.lastFailure, undefined);
  });
}

test('a body that is cut is continued by the origin, from the byte where it ended', async () => {
  await using world = worldWith({});
  world.web.onRequest = ({ url }) =>
    url.includes('near') ? [{ kind: 'close-mid-body', afterBytes: 150_000 }] : [];
  const { live } = await startJob(world, URL);
  await until(world, live, 'TRANSFERRED');
  assertWhole(world);
  const { bytesFromHttp, bytesFromCacheHost } = fileOf(live).statistics;
  assert.deepEqual([bytesFromHttp, bytesFromCacheHost], [SIZE - 150_000, 150_000]);
  const range = world.sent.at(-1)?.headers.find(([name]) => name === 'Range')?.[1];
  assert.equal(range, 'bytes=150000-');
});

test('a host that has another version voids nothing that the origin gave', async () => {
  await using world = worldWith(
    {},
    {
      transfer: {
        pieceSizeBytes: 65_536,
        minSplitBytes: 65_536,
        connectionsPerFile: 1,
        userAgent: 'test',
      },
    },
  );
  world.engine.applyPolicies(DEFAULT_POLICIES);
  world.web.put(cached('near'), { ...FILE, etag: '"other"' });
  world.web.onRequest = ({ url, connection }) =>
    url === URL && connection === 0 ? [{ kind: 'close-mid-body', afterBytes: 150_000 }] : [];
  const { live } = await startJob(world, URL);
  await until(world, live, 'TRANSIENT_ERROR ERROR_WINHTTP_CONNECTION_ERROR', { stepMs: 1 });
  world.engine.applyPolicies({ ...DEFAULT_POLICIES, cacheHosts: ['near'] });
  await until(world, live, 'TRANSFERRED');
  assertWhole(world);
  assert.deepEqual(asked(world), ['cdn.test', 'near', 'cdn.test']);
  assert.equal(fileOf(live).statistics.bytesFromHttp, SIZE, 'no byte came twice');
});

test('a host that refuses is left alone for that origin, and one that is away for all', async () => {
  await using world = worldWith({});
  const other = 'http://other.test/dir/file.bin?x=1';
  world.web.put(other, FILE);
  world.web.put(other.replace('other.test', 'near') + '&cacheHostOrigin=other.test', FILE);
  world.web.remove(cached('near'));
  await until(world, (await startJob(world, URL, { name: 'a' })).live, 'TRANSFERRED');
  await until(world, (await startJob(world, URL, { name: 'b' })).live, 'TRANSFERRED');
  assert.deepEqual(asked(world), ['near', 'cdn.test', 'far']);
  await until(world, (await startJob(world, other, { name: 'c' })).live, 'TRANSFERRED');
  assert.deepEqual(asked(world), ['near', 'cdn.test', 'far', 'near'], 'elsewhere it is welcome');
  await world.clock.advance(900_000);
  world.web.put(cached('near'), FILE);
  await until(world, (await startJob(world, URL, { name: 'd' })).live, 'TRANSFERRED');
  assert.equal(asked(world).at(-1), 'near');
});

test('with a delay the hosts are tried until it is over, and only then the origin', async () => {
  const delayCacheServerFallbackMs = 30_000;
  await using world = worldWith({ background: { delayCacheServerFallbackMs } });
  for (const host of ['near', 'far']) world.web.unreachable.set(host, 'refused');
  const { live } = await startJob(world, URL);
  await world.clock.advance(29_000);
  const early = world.sent.map(({ url }) => new globalThis.URL(url).hostname);
  assert.deepEqual(new Set(early), new Set(['near', 'far']));
  assert.ok(early.length >= 10 && early.length <= 100, `${early.length} tries`);
  await until(world, live, 'TRANSFERRED', { maxMs: 2_000 });
  assertWhole(world);
});

test('a host that comes back within the delay serves the file', async () => {
  await using world = worldWith({ background: { delayCacheServerFallbackMs: 30_000 } });
  for (const host of ['near', 'far']) world.web.unreachable.set(host, 'refused');
  const { live } = await startJob(world, URL);
  await world.clock.advance(10_000);
  world.web.unreachable.delete('far');
  await until(world, live, 'TRANSFERRED', { maxMs: 5_000 });
  assert.ok(!asked(world).includes('cdn.test'));
});

test('a delay of -1 never asks the origin, and the job retries like any other', async () => {
  await using world = worldWith({ background: { delayCacheServerFallbackMs: -1 } });
  for (const host of ['near', 'far']) world.web.unreachable.set(host, 'refused');
  const { live } = await startJob(world, URL);
  await until(world, live, 'TRANSIENT_ERROR ERROR_WINHTTP_CANNOT_CONNECT');
  await world.clock.advance(120_000);
  assert.ok(!asked(world).includes('cdn.test'));
  world.web.unreachable.clear();
  await until(world, live, 'TRANSFERRED', { maxMs: 120_000 });
  assertWhole(world);
});

test('a delay of -1 makes the answer of the last host the answer', async () => {
  await using world = worldWith({ background: { delayCacheServerFallbackMs: -1 } });
  for (const host of ['near', 'far:8080']) world.web.remove(cached(host));
  const { live } = await startJob(world, URL);
  await until(world, live, 'ERROR');
  assert.equal(live.job.lastFailure?.httpStatus, 404);
  assert.deepEqual(asked(world), ['near', 'far']);
});

test('foreground and background have delays of their own', async () => {
  await using world = worldWith({ background: { delayCacheServerFallbackMs: 60_000 } });
  for (const host of ['near', 'far']) world.web.unreachable.set(host, 'refused');
  const urgent = await startJob(world, URL, { name: 'urgent', foreground: true });
  const other = await startJob(world, URL, { name: 'other' });
  await until(world, urgent.live, 'TRANSFERRED', { maxMs: 2_000 });
  assert.equal(other.live.job.files.bytesTransferred, 0);
});

test('a VPN keeps cache hosts out where the policy says so', async () => {
  await using world = worldWith({ disallowCacheServerOnVpn: true });
  world.network.set({ vpn: true });
  await until(world, (await startJob(world, URL, { name: 'a' })).live, 'TRANSFERRED');
  assert.deepEqual(asked(world), ['cdn.test']);
  world.network.set({ vpn: false });
  await until(world, (await startJob(world, URL, { name: 'b' })).live, 'TRANSFERRED');
  assert.deepEqual(asked(world), ['cdn.test', 'near']);
});

test('a job may have cache hosts of its own', async () => {
  const own: CacheHostRules = { hosts: ['private'], delayMs: undefined };
  await using world = worldWith(
    {},
    { cacheHostsFor: ({ displayName }) => (displayName === 'agent' ? own : undefined) },
  );
  world.web.put(cached('private'), FILE);
  await until(world, (await startJob(world, URL, { name: 'agent' })).live, 'TRANSFERRED');
  await until(world, (await startJob(world, URL, { name: 'other' })).live, 'TRANSFERRED');
  assert.deepEqual(asked(world), ['private', 'near']);
});

test('bytes that are fetched twice count as wasted the second time', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { ...FILE, etag: null, lastModified: null });
  let first = true;
  world.web.onRequest = () => {
    const faults = first ? [{ kind: 'close-mid-body', afterBytes: 150_000 } as const] : [];
    first = false;
    return faults;
  };
  const { live } = await startJob(world, URL);
  await until(world, live, 'TRANSFERRED');
  await world.clock.advance(1_000);
  assert.deepEqual(monthly(world), { origin: SIZE, wasted: 150_000 });
});

test('the ledger is written about once a second, and at the end', async () => {
  await using world = openClockWorld({
    maxBytesPerSecond: 100_000,
    policies: { ...DEFAULT_POLICIES, totalBytesPerSecond: 100_000 },
  });
  world.web.put(URL, FILE);
  let added = 0;
  const { traffic } = world.store;
  const add = traffic.add.bind(traffic);
  traffic.add = (...row) => {
    added += 1;
    add(...row);
  };
  const { live } = await startJob(world, URL);
  await until(world, live, 'TRANSFERRED');
  assert.ok(added >= 3 && added <= 6, `${added} entries in four seconds`);
  await world.manager[Symbol.asyncDispose]();
  assert.equal(monthly(world)['origin'], SIZE);
});

test('after a 408 and a 421 the next request has a connection of its own', async () => {
  for (const status of [408, 421]) {
    await using world = openClockWorld();
    world.web.put(URL, FILE);
    let asks = 0;
    world.web.onRequest = () => (asks++ === 0 ? [{ kind: 'status', status }] : []);
    const { live } = await startJob(world, URL);
    await until(world, live, 'TRANSFERRED');
    assert.deepEqual(
      world.sent.slice(0, 2).map(({ fresh }) => fresh === true),
      [false, true],
    );
    assert.notEqual(world.web.requests[0]?.connection, world.web.requests[1]?.connection);
  }
});

test('a 421 on a connection of its own is an error for good', async () => {
  await using world = openClockWorld();
  world.web.put(URL, FILE);
  world.web.onRequest = () => [{ kind: 'status', status: 421 }];
  const { live } = await startJob(world, URL);
  await until(world, live, 'ERROR');
  assert.equal(world.sent.length, 2);
});

test('a range to the end of the file is asked for without an end', async () => {
  await using world = openClockWorld();
  world.web.put(URL, FILE);
  const job = await world.manager.createJob('ranges', 0);
  await job.addFileWithRanges('file', URL, '/data/out', [
    { initialOffset: 0, length: 1_000 },
    { initialOffset: 300_000, length: 2 ** 64 },
  ]);
  await job.resume();
  const live = world.engine.jobs.get(await job.getId());
  await until(world, live, 'TRANSFERRED');
  const ranges = world.sent.map(({ headers }) => headers.find(([name]) => name === 'Range')?.[1]);
  assert.deepEqual(ranges, ['bytes=0-999', 'bytes=300000-']);
});
