import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BITS_COST_STATE,
  BITS_JOB_PROPERTY_ID,
  BITS_JOB_TRANSFER_POLICY,
} from '../../src/core/constants.ts';
import type { Policies } from '../../src/core/policy/policies.ts';
import type { NetworkState } from '../../src/ports/network-monitor.ts';
import {
  DEFAULT_POLICIES,
  openClockWorld,
  startJob,
  stateOf,
  until,
  type ClockWorld,
} from '../support/clock-world.ts';

const URL = 'http://cdn.test/file';
const LOCAL = 'http://127.0.0.1:8080/file';

/** A world whose servers take half a minute for the file. */
function slowWorld(policies: Partial<Policies> = {}): ClockWorld {
  const world = openClockWorld({
    policies: { ...DEFAULT_POLICIES, ...policies },
    web: { bytesPerSecond: 10_000 },
    connectionsPerOrigin: 1,
  });
  for (const url of [URL, LOCAL]) world.web.put(url, { body: { size: 300_000, seed: 3 } });
  return world;
}

const with_ = (changes: Partial<Policies>): Policies => ({ ...DEFAULT_POLICIES, ...changes });

/** Each fact or policy that stops a background job, and what ends it again. */
const BLOCKS: readonly {
  readonly what: string;
  readonly code: string;
  readonly begin: (world: ClockWorld) => void;
  readonly end: (world: ClockWorld) => void;
}[] = [
  facts('a lost network', 'DO_E_BLOCKED_BY_NO_NETWORK', { online: false }, { online: true }),
  facts(
    'a network that charges',
    'DO_E_BLOCKED_BY_COST_TRANSFER_POLICY',
    { costState: BITS_COST_STATE.OVERCAP_CHARGED },
    { costState: BITS_COST_STATE.UNRESTRICTED },
  ),
  facts(
    'a cellular link',
    'DO_E_BLOCKED_BY_CELLULAR_POLICY',
    { cellular: true },
    { cellular: false },
    { disallowCellular: true },
  ),
  facts('a VPN', 'DO_E_BLOCKED_BY_VPN_POLICY', { vpn: true }, { vpn: false }, { pauseOnVpn: true }),
  facts(
    'a battery that runs low',
    'DO_E_BLOCKED_BY_POWER_STATE',
    { onBattery: true, batteryPercent: 19 },
    { batteryPercent: 20 },
    { power: { pauseBackgroundBelowPercent: 20 } },
  ),
  {
    what: 'a policy that is set while it applies',
    code: 'DO_E_BLOCKED_BY_VPN_POLICY',
    begin: ({ network, engine }) => {
      network.set({ vpn: true });
      engine.applyPolicies(with_({ pauseOnVpn: true }));
    },
    end: ({ engine }) => engine.applyPolicies(DEFAULT_POLICIES),
  },
];

function facts(
  what: string,
  code: string,
  begin: Partial<NetworkState>,
  end: Partial<NetworkState>,
  policies: Partial<Policies> = {},
): (typeof BLOCKS)[number] {
  return {
    what,
    code,
    begin: ({ network, engine }) => {
      engine.applyPolicies(with_(policies));
      network.set(begin);
    },
    end: ({ network }) => network.set(end),
  };
}

for (const { what, code, begin, end } of BLOCKS) {
  test(`${what} stops a running job at once, and it goes on by itself`, async () => {
    await using world = slowWorld();
    const { live } = await startJob(world, URL);
    await world.clock.advance(5_000);
    const bytes = live.job.files.bytesTransferred;
    assert.ok(bytes > 0);
    begin(world);
    assert.equal(stateOf(live), `TRANSIENT_ERROR ${code}`);
    assert.equal(live.job.trouble?.retryAtMs, undefined, 'no timer ends it');
    assert.equal(world.engine.scheduler.explain(live).block?.failure.code, code);
    await world.clock.advance(7_200_000);
    assert.equal(stateOf(live), `TRANSIENT_ERROR ${code}`);
    end(world);
    await world.clock.advance(100);
    assert.equal(stateOf(live), 'TRANSFERRING');
    assert.equal(world.engine.scheduler.explain(live).block, undefined);
    await until(world, live, 'TRANSFERRED');
    assert.ok(world.web.requests.at(-1)?.headers['range'] !== undefined, 'what was here was kept');
  });

  test(`${what} keeps a job from starting, and lets go of it in the queue too`, async () => {
    await using world = slowWorld();
    begin(world);
    const { live } = await startJob(world, URL);
    await world.clock.advance(10);
    assert.equal(stateOf(live), `TRANSIENT_ERROR ${code}`);
    assert.equal(world.sent.length, 0);
    end(world);
    await until(world, live, 'TRANSFERRED');
  });

  test(`${what} does not concern jobs of this machine itself, unless it is its power`, async () => {
    await using world = slowWorld();
    const { live } = await startJob(world, LOCAL);
    await world.clock.advance(1_000);
    begin(world);
    const power = code === 'DO_E_BLOCKED_BY_POWER_STATE';
    assert.equal(stateOf(live), power ? `TRANSIENT_ERROR ${code}` : 'TRANSFERRING');
    if (power) return;
    await until(world, live, 'TRANSFERRED');
  });
}

test('foreground jobs go on where only background ones have to wait', async () => {
  await using world = slowWorld({ pauseOnVpn: true, power: { pauseBackgroundBelowPercent: 100 } });
  const urgent = await startJob(world, URL, { name: 'urgent', foreground: true });
  const other = await startJob(world, URL, { name: 'other' });
  await world.clock.advance(1_000);
  world.network.set({ vpn: true, onBattery: true, batteryPercent: 99 });
  assert.equal(stateOf(urgent.live), 'TRANSFERRING');
  assert.equal(stateOf(other.live), 'TRANSIENT_ERROR DO_E_BLOCKED_BY_VPN_POLICY');
  await other.job.setPriority(BG_JOB_PRIORITY.FOREGROUND);
  await world.clock.advance(100);
  assert.equal(stateOf(other.live), 'TRANSFERRING', 'as one of them it goes on too');
});

test('cost flags take effect at once on a running job, both ways', async () => {
  await using world = slowWorld();
  world.network.set({ costState: BITS_COST_STATE.NEAR_CAP });
  const { job, live } = await startJob(world, URL, { foreground: true });
  await world.clock.advance(1_000);
  assert.equal(stateOf(live), 'TRANSFERRING');
  const { COST_FLAGS } = BITS_JOB_PROPERTY_ID;
  await job.setProperty(COST_FLAGS, BITS_JOB_TRANSFER_POLICY.STANDARD);
  await world.clock.advance(1);
  assert.equal(stateOf(live), 'TRANSIENT_ERROR DO_E_BLOCKED_BY_COST_TRANSFER_POLICY');
  await job.setProperty(COST_FLAGS, BITS_JOB_TRANSFER_POLICY.ALWAYS);
  await world.clock.advance(100);
  assert.equal(stateOf(live), 'TRANSFERRING');
});

test('a job that is blocked by another rule than before says so', async () => {
  await using world = slowWorld({ pauseOnVpn: true });
  const { live } = await startJob(world, URL);
  await world.clock.advance(1_000);
  world.network.set({ online: false });
  world.network.set({ vpn: true });
  assert.equal(stateOf(live), 'TRANSIENT_ERROR DO_E_BLOCKED_BY_NO_NETWORK');
  world.network.set({ online: true });
  assert.equal(stateOf(live), 'TRANSIENT_ERROR DO_E_BLOCKED_BY_VPN_POLICY');
});

test('a network that comes back is worth a try to every job that waits for one', async () => {
  await using world = slowWorld();
  world.web.unreachable.set('cdn.test', 'refused');
  const { live } = await startJob(world, URL);
  await until(world, live, 'TRANSIENT_ERROR ERROR_WINHTTP_CANNOT_CONNECT');
  await world.clock.advance(60_000);
  const tries = world.sent.length;
  world.network.set({ online: false });
  assert.equal(stateOf(live), 'TRANSIENT_ERROR ERROR_WINHTTP_CANNOT_CONNECT', 'its own error');
  await world.clock.advance(600_000);
  assert.equal(world.sent.length, tries, 'nothing is tried without a network');
  world.web.unreachable.clear();
  world.network.set({ online: true });
  await until(world, live, 'TRANSFERRED');
});

test('a lost network costs ten thousand queued jobs few commits, and none of them its turn', async () => {
  const { TRANSIENT_ERROR, QUEUED } = BG_JOB_STATE;
  const COUNT = 2_000;
  await using world = openClockWorld({
    slots: { foregroundSlots: 1, backgroundSlots: 1, timeSliceMs: 300_000 },
    web: { bytesPerSecond: 1_000 },
  });
  world.web.put(URL, { body: { size: 300_000, seed: 3 } });
  for (let index = 0; index < COUNT; index += 1) {
    const job = await world.manager.createJob(`${index}`, 0);
    await job.addFile(URL, `/data/${index}`);
    await job.resume();
  }
  await world.clock.advance(1_000);
  let transactions = 0;
  let within = false;
  const { store } = world;
  const commit = store.commit.bind(store);
  const together = store.together.bind(store);
  store.commit = (change) => {
    if (!within) transactions += 1;
    commit(change);
  };
  store.together = (work) => {
    transactions += 1;
    within = true;
    try {
      together(work);
    } finally {
      within = false;
    }
  };
  for (const [online, state] of [
    [false, TRANSIENT_ERROR],
    [true, QUEUED],
  ] as const) {
    transactions = 0;
    world.network.set({ online });
    await world.clock.advance(1);
    const counts = store.countByState();
    assert.ok((counts.get(state) ?? 0) >= COUNT - 2, JSON.stringify([...counts]));
    assert.ok(transactions <= COUNT / 50, `${transactions} commits for ${COUNT} jobs`);
  }
});

test('an explanation has what the scheduler goes by', async () => {
  await using world = openClockWorld({
    slots: { foregroundSlots: 1, backgroundSlots: 1, timeSliceMs: 300_000 },
    policies: with_({
      totalBytesPerSecond: 50_000,
      background: { bytesPerSecond: 40_000 },
      jobBytesPerSecond: 30_000,
    }),
  });
  world.web.put(URL, { body: { size: 3_000_000, seed: 3 } });
  const first = (await startJob(world, URL, { name: 'a' })).live;
  const second = (await startJob(world, URL, { name: 'b' })).live;
  const third = (await startJob(world, URL, { name: 'c' })).live;
  await world.clock.advance(1_000);
  world.engine.call(third, { call: 'setMaxBytesPerSecond', bytesPerSecond: 20_000 });
  const { scheduler } = world.engine;
  const running = scheduler.explain(first);
  assert.deepEqual(running, {
    slot: {
      kind: 'background',
      running: 1,
      slots: 1,
      ahead: 0,
      nextSliceAtMs: running.slot.nextSliceAtMs,
    },
    block: undefined,
    admitted: true,
    waitsForConnection: false,
    yields: false,
    limits: {
      total: { bytesPerSecond: 50_000, rule: 'bandwidth.total' },
      kind: { bytesPerSecond: 40_000, rule: 'bandwidth.background' },
      job: { bytesPerSecond: 30_000, rule: 'jobs.rate' },
    },
    retryAtMs: undefined,
    noProgressDeadlineMs: undefined,
  });
  const sliceAtMs = running.slot.nextSliceAtMs ?? 0;
  assert.ok(Math.abs(sliceAtMs - (world.clock.wallMs() + 299_000)) < 100, `${sliceAtMs}`);
  assert.equal(scheduler.explain(second).slot.ahead, 0);
  assert.equal(scheduler.explain(third).slot.ahead, 1);
  assert.deepEqual(scheduler.explain(third).limits.job, {
    bytesPerSecond: 20_000,
    rule: 'job.max_bytes_per_second',
  });
});

test('an explanation tells when a waiting job tries again, and when it gives up', async () => {
  await using world = slowWorld();
  world.web.unreachable.set('cdn.test', 'refused');
  const { job, live } = await startJob(world, URL);
  await job.setNoProgressTimeout(3_600);
  await until(world, live, 'TRANSIENT_ERROR ERROR_WINHTTP_CANNOT_CONNECT', { stepMs: 1 });
  const nowMs = world.clock.wallMs();
  const { retryAtMs = 0, noProgressDeadlineMs = 0 } = world.engine.scheduler.explain(live);
  assert.ok(Math.abs(retryAtMs - nowMs - 2_000) <= 10, `${retryAtMs - nowMs}`);
  assert.ok(Math.abs(noProgressDeadlineMs - nowMs - 3_600_000) <= 10);
});

test('a job that waits for a connection of its origin says so', async () => {
  await using world = slowWorld();
  const first = (await startJob(world, URL, { name: 'a' })).live;
  const second = (await startJob(world, URL, { name: 'b' })).live;
  await world.clock.advance(1_000);
  const waits = [first, second].map(
    (live) => world.engine.scheduler.explain(live).waitsForConnection,
  );
  assert.deepEqual(waits, [false, true]);
});
