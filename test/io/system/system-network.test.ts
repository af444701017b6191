import assert from 'node:assert/strict';
import type { networkInterfaces } from 'node:os';
import { test, type TestContext } from 'node:test';

import { BITS_COST_STATE } from '../../../src/core/constants.ts';
import { watchSystemNetwork } from '../../../src/io/system/system-network.ts';
import type { NetworkMonitor } from '../../../src/ports/network-monitor.ts';
import { ManualNetwork } from '../../support/manual-network.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;

const addressOf = (internal: boolean): NonNullable<Interfaces[string]> => [
  {
    address: internal ? '127.0.0.1' : '192.0.2.7',
    netmask: '255.255.255.0',
    family: 'IPv4',
    mac: '00:00:00:00:00:00',
    internal,
    cidr: null,
  },
];

const loopbackOnly: Interfaces = { lo: addressOf(true) };
const connected: Interfaces = { lo: addressOf(true), eth0: addressOf(false) };

/** A monitor that looks every 100 ms of mocked time at interfaces the test sets. */
function watched(t: TestContext, first: Interfaces | Error): WatchedNetwork {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = first;
  const interfaces = (): Interfaces => {
    if (now instanceof Error) throw now;
    return now;
  };
  const monitor = watchSystemNetwork({ pollMs: 100, interfaces });
  return { monitor, set: (next) => (now = next), poll: () => t.mock.timers.tick(100) };
}

interface WatchedNetwork {
  readonly monitor: NetworkMonitor;
  readonly set: (next: Interfaces) => void;
  readonly poll: () => void;
}

test('the network is there when an interface besides the loopback one has an address', (t) => {
  const { monitor, set, poll } = watched(t, connected);
  const costState = BITS_COST_STATE.UNRESTRICTED;
  assert.deepEqual(monitor.current(), { online: true, costState });
  for (const interfaces of [loopbackOnly, {}, { eth0: [] }]) {
    set(interfaces);
    poll();
    assert.deepEqual(monitor.current(), { online: false, costState });
  }
  monitor[Symbol.dispose]();
});

test('listeners are told of changes, of nothing else, and never at once', (t) => {
  const { monitor, set, poll } = watched(t, connected);
  const told: boolean[] = [];
  const stop = monitor.onChange(({ online }) => told.push(online));
  assert.deepEqual(told, []);
  poll();
  set(loopbackOnly);
  poll();
  poll();
  set(connected);
  poll();
  assert.deepEqual(told, [false, true]);
  stop();
  set(loopbackOnly);
  poll();
  assert.deepEqual(told, [false, true]);
  monitor[Symbol.dispose]();
});

test('nothing is told after the monitor was disposed of', (t) => {
  const { monitor, set, poll } = watched(t, connected);
  monitor.onChange(() => assert.fail('told after disposal'));
  monitor[Symbol.dispose]();
  set(loopbackOnly);
  poll();
});

test('a system that does not show its interfaces counts as connected', (t) => {
  const { monitor } = watched(t, new Error('not permitted'));
  assert.equal(monitor.current().online, true);
  monitor[Symbol.dispose]();
});

test('the real interfaces can be read', () => {
  using monitor = watchSystemNetwork();
  assert.equal(typeof monitor.current().online, 'boolean');
});

test('the network of tests tells of changes only', () => {
  using network = new ManualNetwork();
  const told: boolean[] = [];
  const stop = network.onChange(({ online }) => told.push(online));
  network.set({ online: true });
  network.set({ online: false });
  network.set({ costState: BITS_COST_STATE.ROAMING });
  assert.deepEqual(network.current(), { online: false, costState: BITS_COST_STATE.ROAMING });
  stop();
  network.set({ online: true });
  assert.deepEqual(told, [false, false]);
});
