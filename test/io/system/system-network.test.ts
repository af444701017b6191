import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';

import { BITS_COST_STATE } from '../../../src/core/constants.ts';
import { askNetworkManager } from '../../../src/io/system/ask-network-manager.ts';
import { readLinuxBattery } from '../../../src/io/system/read-battery.ts';
import { readInterfaces, type Interfaces } from '../../../src/io/system/read-interfaces.ts';
import {
  watchSystemNetwork,
  type SystemNetwork,
  type SystemNetworkOptions,
} from '../../../src/io/system/system-network.ts';
import type { NetworkState } from '../../../src/ports/network-monitor.ts';
import { ManualNetwork } from '../../support/manual-network.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const { UNRESTRICTED, CAPPED_USAGE_UNKNOWN } = BITS_COST_STATE;

const addressOf = (
  internal: boolean,
  address: string = internal ? '127.0.0.1' : '192.0.2.7',
): NonNullable<Interfaces[string]> => [
  {
    address,
    netmask: '255.255.255.0',
    family: 'IPv4',
    mac: '00:00:00:00:00:00',
    internal,
    cidr: null,
  },
];

const loopbackOnly: Interfaces = { lo: addressOf(true) };
const connected: Interfaces = { lo: addressOf(true), eth0: addressOf(false) };
const NOWHERE = '/nonexistent';

interface WatchedNetwork {
  readonly monitor: SystemNetwork;
  readonly set: (next: Interfaces) => void;
  readonly poll: () => void;
}

/** A monitor that looks every 100 ms of mocked time at interfaces the test sets. */
function watched(
  t: TestContext,
  first: Interfaces | Error,
  options: SystemNetworkOptions = {},
): WatchedNetwork {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = first;
  const interfaces = (): Interfaces => {
    if (now instanceof Error) throw now;
    return now;
  };
  const monitor = watchSystemNetwork({
    pollMs: 100,
    interfaces,
    run: async () => undefined,
    ...options,
  });
  return { monitor, set: (next) => (now = next), poll: () => t.mock.timers.tick(100) };
}

/** A tree of files as Linux shows its devices. */
async function fakeSys(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): Promise<{ readonly root: string; write(path: string, text: string): Promise<void> }> {
  const directory = await temporaryDirectory();
  t.after(() => directory[Symbol.asyncDispose]());
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(directory.join(path)), { recursive: true });
    await writeFile(directory.join(path), text);
  };
  await mkdir(directory.join('class/net'), { recursive: true });
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return { root: directory.path, write };
}

/** Lets the answers of programs arrive. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the network is there when an interface besides the loopback one has an address', (t) => {
  const { monitor, set, poll } = watched(t, connected);
  assert.equal(monitor.current().online, true);
  assert.equal(monitor.current().costState, UNRESTRICTED);
  for (const interfaces of [loopbackOnly, {}, { eth0: [] }]) {
    set(interfaces);
    poll();
    assert.equal(monitor.current().online, false);
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

test('nothing is told after the monitor was disposed of', async (t) => {
  const { monitor, set, poll } = watched(t, connected);
  monitor.onChange(() => assert.fail('told after disposal'));
  monitor[Symbol.dispose]();
  set(loopbackOnly);
  poll();
  monitor.refresh();
  await settle();
});

test('a system that does not show its interfaces counts as connected', (t) => {
  const { monitor } = watched(t, new Error('not permitted'));
  assert.equal(monitor.current().online, true);
  assert.equal(monitor.current().cellular, undefined, 'and of its kind nothing is known');
  monitor[Symbol.dispose]();
});

test('the real machine can be looked at', () => {
  using monitor = watchSystemNetwork();
  assert.equal(typeof monitor.current().online, 'boolean');
});

test('what is overridden counts, from the refresh on, and is told after it', async (t) => {
  let override: Partial<NetworkState> = {};
  const { monitor } = watched(t, connected, { override: () => override });
  const told: NetworkState[] = [];
  monitor.onChange((state) => told.push(state));
  override = {
    online: false,
    costState: CAPPED_USAGE_UNKNOWN,
    vpn: true,
    onBattery: true,
    batteryPercent: 7,
  };
  monitor.refresh();
  assert.deepEqual(told, []);
  await settle();
  assert.equal(told.length, 1);
  for (const state of [monitor.current(), told[0]]) {
    assert.deepEqual({ ...state, cellular: undefined }, { ...override, cellular: undefined });
  }
  override = {};
  monitor.refresh();
  await settle();
  assert.equal(told.length, 2);
  assert.equal(monitor.current().online, true);
  monitor[Symbol.dispose]();
});

test('a metered network costs what nobody knows, and the question is asked again', async (t) => {
  let answer: string | undefined = 'u 1\n';
  const { root } = await fakeSys(t, {});
  const { monitor } = watched(t, connected, { sysRoot: root, run: async () => answer });
  await settle();
  assert.equal(monitor.current().costState, CAPPED_USAGE_UNKNOWN);
  answer = 'u 4\n';
  monitor.refresh();
  await settle();
  assert.equal(monitor.current().costState, UNRESTRICTED);
  answer = 'u 3\n';
  t.mock.timers.tick(30_000);
  await settle();
  assert.equal(monitor.current().costState, CAPPED_USAGE_UNKNOWN, 'a guess counts too');
  monitor[Symbol.dispose]();
});

test('an answer that is none leaves the network unrestricted', async () => {
  for (const answer of [undefined, '', 'u 0', 'u 2', 'u 4', 'u 11', 's "1"', 'u 1\nu 1']) {
    assert.equal(await askNetworkManager(async () => answer), UNRESTRICTED, String(answer));
  }
});

test('a mobile link is known by its device type or its name, and counts when it is the only one', async (t) => {
  const { root } = await fakeSys(t, {
    'class/net/usb7/uevent': 'DEVTYPE=wwan\nINTERFACE=usb7\n',
    'class/net/eth0/uevent': 'INTERFACE=eth0\n',
  });
  const cellular = (interfaces: Interfaces): boolean | undefined =>
    readInterfaces(() => ({ lo: addressOf(true), ...interfaces }), root, []).cellular;
  assert.equal(cellular({ usb7: addressOf(false) }), true);
  assert.equal(cellular({ wwan0: addressOf(false) }), true);
  assert.equal(cellular({ wwp0s20u4: addressOf(false) }), true);
  assert.equal(cellular({ eth0: addressOf(false) }), false);
  assert.equal(cellular({ usb7: addressOf(false), eth0: addressOf(false) }), false);
  assert.equal(cellular({ usb7: addressOf(false), tun0: addressOf(false) }), true, 'a VPN over it');
  assert.equal(cellular({}), false);
});

test('a VPN is known by the name, the type or a keyword of its interface', async (t) => {
  const { root } = await fakeSys(t, {
    'class/net/corp/tun_flags': '0x1002\n',
    'class/net/vnet3/tun_flags': '0x1002\n',
    'class/net/vnet3/master/uevent': 'DEVTYPE=bridge\n',
    'class/net/office/uevent': 'DEVTYPE=wireguard\n',
    'class/net/wlan0/uevent': 'DEVTYPE=wlan\n',
  });
  const vpn = (name: string, keywords: readonly string[] = [], address?: string): boolean =>
    readInterfaces(() => ({ [name]: addressOf(false, address) }), root, keywords).vpn;
  for (const name of ['tun0', 'tap1', 'wg0', 'ppp0', 'utun4', 'MyVPN', 'corp', 'office']) {
    assert.equal(vpn(name), true, name);
  }
  for (const name of ['eth0', 'wlan0', 'enp3s0', 'vnet3', 'docker0']) {
    assert.equal(vpn(name), false, name);
  }
  assert.equal(vpn('utun1', [], 'fe80::1'), false, 'macOS has these without any VPN');
  assert.equal(vpn('acme7', ['ACME']), true);
  assert.equal(vpn('eth0', ['', ' ']), false, 'an empty word marks nothing');
});

test('the battery is read from its files, and that of a mouse is none', async (t) => {
  const sys = await fakeSys(t, {
    'class/power_supply/AC/type': 'Mains\n',
    'class/power_supply/AC/online': '0\n',
    'class/power_supply/BAT0/type': 'Battery\n',
    'class/power_supply/BAT0/capacity': '40\n',
    'class/power_supply/BAT0/status': 'Discharging\n',
    'class/power_supply/BAT1/type': 'Battery\n',
    'class/power_supply/BAT1/capacity': '60\n',
    'class/power_supply/BAT1/status': 'Unknown\n',
    'class/power_supply/hid/type': 'Battery\n',
    'class/power_supply/hid/scope': 'Device\n',
    'class/power_supply/hid/capacity': '3\n',
  });
  assert.deepEqual(readLinuxBattery(sys.root), { onBattery: true, batteryPercent: 50 });
  await sys.write('class/power_supply/AC/online', '1\n');
  assert.deepEqual(readLinuxBattery(sys.root), { onBattery: false, batteryPercent: 50 });
  await sys.write('class/power_supply/BAT1/capacity', 'nonsense\n');
  assert.deepEqual(readLinuxBattery(sys.root), { onBattery: false, batteryPercent: 40 });
});

test('a battery without a plug to look at is judged by whether it discharges', async (t) => {
  const sys = await fakeSys(t, {
    'class/power_supply/BAT0/type': 'Battery\n',
    'class/power_supply/BAT0/status': 'Discharging\n',
  });
  assert.deepEqual(readLinuxBattery(sys.root), { onBattery: true });
  await sys.write('class/power_supply/BAT0/status', 'Charging\n');
  assert.deepEqual(readLinuxBattery(sys.root), { onBattery: false });
});

test('a machine without a battery has nothing to say of one', async (t) => {
  const sys = await fakeSys(t, {
    'class/power_supply/AC/type': 'Mains\n',
    'class/power_supply/AC/online': '1\n',
  });
  assert.deepEqual(readLinuxBattery(sys.root), {});
  assert.deepEqual(readLinuxBattery(NOWHERE), {});
});

test('a plug that is pulled is told', async (t) => {
  const sys = await fakeSys(t, {
    'class/power_supply/AC/type': 'Mains\n',
    'class/power_supply/AC/online': '1\n',
    'class/power_supply/BAT0/type': 'Battery\n',
    'class/power_supply/BAT0/capacity': '80\n',
  });
  const { monitor, poll } = watched(t, connected, { sysRoot: sys.root });
  const told: (boolean | undefined)[] = [];
  monitor.onChange(({ onBattery }) => told.push(onBattery));
  await sys.write('class/power_supply/AC/online', '0\n');
  poll();
  assert.deepEqual(told, [true]);
  monitor[Symbol.dispose]();
});

test('the network of tests tells of changes only', () => {
  using network = new ManualNetwork();
  const told: (boolean | undefined)[] = [];
  const stop = network.onChange(({ online }) => told.push(online));
  network.set({ online: true });
  network.set({ online: false });
  network.set({ costState: BITS_COST_STATE.ROAMING });
  network.set({ vpn: true, onBattery: true });
  assert.deepEqual(network.current(), {
    online: false,
    costState: BITS_COST_STATE.ROAMING,
    vpn: true,
    onBattery: true,
  });
  stop();
  network.set({ online: true });
  assert.deepEqual(told, [false, false, false]);
});
