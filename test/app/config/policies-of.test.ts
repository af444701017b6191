import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  networkOverrides,
  overrideFacts,
  retryPolicyOf,
} from '../../../src/app/config/policies-of.ts';
import { DEFAULT_RETRY_POLICY } from '../../../src/core/retry/retry-delay.ts';
import { loadWith } from './load.ts';

test('without settings the policies limit nothing and stop nothing', async () => {
  assert.deepEqual((await loadWith({})).policies(), {
    downloadMode: 1,
    foreground: {},
    background: {},
    backgroundYields: true,
    minBackgroundQosBytesPerSecond: 2_500_000,
    cacheHosts: [],
    disallowCacheServerOnVpn: false,
    power: {},
    pauseOnVpn: false,
    disallowCellular: false,
  });
});

test('every policy comes from its key', async () => {
  const config = await loadWith({
    'peer.mode': 'group',
    'peer.delay_from_http_foreground': '60s',
    'peer.delay_from_http_background': '90s',
    'jobs.rate': '1MB/s',
    'bandwidth.total': '9MB/s',
    'bandwidth.foreground': '0',
    'bandwidth.background': '3MB/s',
    'bandwidth.foreground_percent': '80',
    'bandwidth.background_percent': '20%',
    'bandwidth.foreground_hours': '{ from = "08:00", to = "09:00", inside_percent = 1 }',
    'bandwidth.background_hours': '{ from = "10:00", to = "11:00", outside_percent = 2 }',
    'bandwidth.background_yields': 'false',
    'bandwidth.min_background_qos': '500KB/s',
    'bandwidth.link_speed': '100Mbit',
    'cache.hosts': 'a,b:81',
    'cache.fallback_delay_foreground': 'never',
    'cache.fallback_delay_background': '30s',
    'cache.disallow_on_vpn': 'true',
    'network.pause_on_vpn': 'true',
    'network.disallow_cellular': 'true',
    'network.pause_background_below_battery': '40',
    'network.pause_foreground_below_battery': '10',
  });
  assert.deepEqual(config.policies(), {
    downloadMode: 2,
    totalBytesPerSecond: 9_000_000,
    jobBytesPerSecond: 1_000_000,
    foreground: {
      bytesPerSecond: 0,
      percent: 80,
      hours: { fromMinute: 480, toMinute: 540, insidePercent: 1, outsidePercent: 0 },
      delayFromHttpMs: 60_000,
      delayCacheServerFallbackMs: -1,
    },
    background: {
      bytesPerSecond: 3_000_000,
      percent: 20,
      hours: { fromMinute: 600, toMinute: 660, insidePercent: 0, outsidePercent: 2 },
      delayFromHttpMs: 90_000,
      delayCacheServerFallbackMs: 30_000,
    },
    backgroundYields: false,
    minBackgroundQosBytesPerSecond: 500_000,
    linkBytesPerSecond: 12_500_000,
    cacheHosts: ['a', 'b:81'],
    disallowCacheServerOnVpn: true,
    power: { pauseBackgroundBelowPercent: 40, pauseForegroundBelowPercent: 10 },
    pauseOnVpn: true,
    disallowCellular: true,
  });
});

test('what the configuration states of the network takes the place of what the machine says', async () => {
  const { network } = (
    await loadWith({
      'network.cost': 'near-cap',
      'network.online': 'false',
      'network.cellular': 'true',
      'network.vpn': 'false',
      'network.battery': '30',
    })
  ).values;
  assert.deepEqual(networkOverrides(network), {
    costState: 0x8,
    online: false,
    cellular: true,
    vpn: false,
    onBattery: true,
    batteryPercent: 30,
  });
  assert.deepEqual(networkOverrides((await loadWith({})).values.network), {});
});

test('mains power by configuration makes the machine forget its battery', async () => {
  const { network } = (await loadWith({ 'network.battery': 'none' })).values;
  const machine = { online: true, costState: 1, onBattery: true, batteryPercent: 5 };
  assert.deepEqual(overrideFacts(machine, network), {
    online: true,
    costState: 1,
    onBattery: false,
  });
});

test('the usual waits are the table of the engine itself', async () => {
  assert.deepEqual(retryPolicyOf((await loadWith({})).values.http), DEFAULT_RETRY_POLICY);
});

test('other waits begin and end where the settings say', async () => {
  const { http } = (await loadWith({ 'http.retry_min': '1s', 'http.retry_max': '10s' })).values;
  const { delaysMs, maxForegroundDelayMs, maxBackgroundDelayMs } = retryPolicyOf(http);
  assert.deepEqual(delaysMs, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  assert.equal(maxForegroundDelayMs, 10_000);
  assert.equal(maxBackgroundDelayMs, 10_000);
  const slow = await loadWith({ 'http.retry_min': '5m' });
  assert.equal(retryPolicyOf(slow.values.http).maxForegroundDelayMs, 300_000);
});
