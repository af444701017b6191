import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'smol-toml';
import { checkOverrideValue } from '../../../src/app/config/check-override.ts';
import type { Config } from '../../../src/app/config/config.ts';
import { loadConfig } from '../../../src/app/config/load-config.ts';
import { CONFIG_KEYS } from '../../../src/app/config/schema/schema.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { loadText, loadWith, NOBODY } from './load.ts';

const HOOK = { url: 'https://hooks.example/a', secret_file: '/etc/hook.key' };
const SECRET = 'sixteen letters.';
const BOOLEANS = {
  good: [
    [true, true],
    [false, false],
  ],
  bad: ['true', 1, 'maybe', []],
} as const;
const PATHS = {
  good: [['/srv/x', '/srv/x']],
  bad: ['relative', '', 7, '/nul\0', false],
} as const;
const RATES = {
  good: [
    ['2MB/s', 2_000_000],
    ['16Mbit', 2_000_000],
    [0, 0],
    ['0', 0],
    ['unlimited', undefined],
  ],
  bad: [2_000_000, '2000000', 'fast', '-1K', -1, true, '2MB/s '.repeat(20)],
} as const;
const PERCENTS = {
  good: [
    [0, 0],
    [100, 100],
    ['40%', 40],
  ],
  bad: [101, -1, 2.5, '40', '101%', Number.NaN],
} as const;
const HOURS = {
  good: [
    [
      { from: '8:00', to: '18:30', days: ['mon', 'Friday', 'monday'], inside_percent: 30 },
      { fromMinute: 480, toMinute: 1_110, days: [1, 5], insidePercent: 30, outsidePercent: 0 },
    ],
    [
      { from: '22:00', to: '06:00', outside_percent: '5%' },
      { fromMinute: 1_320, toMinute: 360, insidePercent: 0, outsidePercent: 5 },
    ],
    ['none', undefined],
  ],
  bad: [
    '08:00-18:00',
    { from: '08:00', to: '18:00' },
    { from: '08:00', inside_percent: 3 },
    { from: '24:00', to: '18:00', inside_percent: 3 },
    { from: '08:00', to: '18:00', inside_percent: 101 },
    { from: '08:00', to: '18:00', inside_percent: 3, days: [] },
    { from: '08:00', to: '18:00', inside_percent: 3, days: ['xyz'] },
    { from: '08:00', to: '18:00', inside_percent: 3, extra: 1 },
  ],
} as const;
const FALLBACK_DELAYS = {
  good: [
    ['90s', 90_000],
    ['30d', 2_592_000_000],
    ['never', -1],
  ],
  bad: [90, '31d', 'always', '-1s'],
} as const;
const PEER_DELAYS = {
  good: [
    ['60s', 60_000],
    [0, 0],
  ],
  bad: [60, '60', 'never', '50000d'],
} as const;
const AUTO_BOOLEANS = {
  good: [
    ['auto', 'auto'],
    [true, true],
    ['false', false],
  ],
  bad: ['maybe', 1, null],
} as const;
const SWITCHES = (words: Readonly<Record<string, unknown>>): KeyCases => ({
  good: Object.entries(words),
  bad: ['nothing', 77, true, 'constructor'],
});

interface KeyCases {
  /** As in the file, and what it becomes. */
  readonly good: readonly (readonly [unknown, unknown])[];
  readonly bad: readonly unknown[];
}

const CASES: Readonly<Record<string, KeyCases>> = {
  'daemon.socket': PATHS,
  'daemon.data_dir': PATHS,
  'daemon.tcp': {
    good: [
      [false, false],
      ['127.0.0.1:7755', { host: '127.0.0.1', port: 7755 }],
      ['[::1]:1', { host: '::1', port: 1 }],
      ['LOCALHOST:0', { host: 'localhost', port: 0 }],
    ],
    bad: [true, '0.0.0.0:7755', '127.0.0.1', '127.0.0.1:65536', '10.1.2.3:1', 7755, '[::]:1'],
  },
  'daemon.socket_users': {
    good: [
      [
        ['ann', 'b.c-d_1'],
        ['ann', 'b.c-d_1'],
      ],
    ],
    bad: ['ann', ['../x'], ['.hidden'], ['haulyard'], [''], [7], ['a'.repeat(65)]],
  },
  'daemon.administrators': {
    good: [[[String.raw`DOM\ann`], [String.raw`DOM\ann`]]],
    bad: ['ann', [''], ['a\nb'], [true]],
  },
  'daemon.allowed_hosts': {
    good: [
      [
        ['Box.LAN', 'box:81', '[fe80::1]:9'],
        ['box.lan', 'box:81', '[fe80::1]:9'],
      ],
    ],
    bad: [['http://box'], ['a b'], ['*'], 'box', ['box:99999']],
  },
  'daemon.allowed_origins': {
    good: [[['https://a.example/'], ['https://a.example']]],
    bad: [['*'], ['https://a.example/path'], ['ftp://a.example'], ['null'], 'https://a.example'],
  },
  'daemon.start_interrupted': BOOLEANS,
  'jobs.foreground_slots': {
    good: [
      [1, 1],
      [1_000, 1_000],
    ],
    bad: [0, 1_001, 1.5, '8', true],
  },
  'jobs.background_slots': { good: [[7, 7]], bad: [0, 1_001, '8'] },
  'jobs.time_slice': { good: [['1h30m', 5_400_000]], bad: [300, '300', '500ms', '2d', 'soon'] },
  'jobs.rate': RATES,
  'jobs.history': {
    good: [
      ['0', 0],
      ['30d', 2_592_000_000],
    ],
    bad: [7, '366d'],
  },
  'http.connections_per_origin': { good: [[16, 16]], bad: [0, 17, '4'] },
  'http.piece_size': {
    good: [
      ['64KiB', 65_536],
      ['4M', 4_194_304],
    ],
    bad: ['1MB', '32KiB', '8MiB', 1_048_576, 0],
  },
  'http.ca_file': PATHS,
  'http.client': SWITCHES({ direct: 'direct', general: 'general' }),
  'http.user_agent': { good: [['fleet/2.1 (x)', 'fleet/2.1 (x)']], bad: ['', 'a\r\nb', 'ü', 7] },
  'http.retry_min': { good: [['100ms', 100]], bad: ['99ms', '2h', 2] },
  'http.retry_max': { good: [['1d', 86_400_000]], bad: ['2d', 600] },
  'bandwidth.total': RATES,
  'bandwidth.foreground': RATES,
  'bandwidth.background': RATES,
  'bandwidth.foreground_percent': PERCENTS,
  'bandwidth.background_percent': PERCENTS,
  'bandwidth.foreground_hours': HOURS,
  'bandwidth.background_hours': HOURS,
  'bandwidth.background_yields': BOOLEANS,
  'bandwidth.min_background_qos': { good: [['500KB/s', 500_000]], bad: [500, '10B/s', 0] },
  'bandwidth.link_speed': {
    good: [
      ['100Mbit', 12_500_000],
      ['auto', undefined],
    ],
    bad: [0, '0', 100, 'unlimited'],
  },
  'bandwidth.monthly_upload_cap': {
    good: [
      ['5TB', 5e12],
      [0, 0],
    ],
    bad: [20, '20', 'unlimited'],
  },
  'network.cost': SWITCHES({
    auto: 'auto',
    unrestricted: 'unrestricted',
    METERED: 'metered',
    capped: 'capped',
    'near-cap': 'near-cap',
    'over-cap': 'over-cap',
    'usage-based': 'usage-based',
    roaming: 'roaming',
  }),
  'network.online': AUTO_BOOLEANS,
  'network.cellular': AUTO_BOOLEANS,
  'network.vpn': AUTO_BOOLEANS,
  'network.battery': {
    good: [
      ['auto', 'auto'],
      ['none', 'none'],
      [0, 0],
      ['30%', 30],
    ],
    bad: [101, -1, 'full', true],
  },
  'network.vpn_keywords': { good: [[['Tunnel'], ['Tunnel']]], bad: ['Tunnel', [''], [1]] },
  'network.pause_on_vpn': BOOLEANS,
  'network.disallow_cellular': BOOLEANS,
  'network.pause_background_below_battery': PERCENTS,
  'network.pause_foreground_below_battery': PERCENTS,
  'peer.mode': {
    good: [
      ['off', 0],
      ['LAN', 1],
      [2, 2],
      ['3', 3],
      [99, 99],
      ['bypass', 100],
    ],
    bad: ['wan', 4, true, 1.5],
  },
  'peer.group_id': {
    good: [['{2B0C9C2E-5A8F-4A63-9E39-1F3D0F4C7A55}', '2b0c9c2e-5a8f-4a63-9e39-1f3d0f4c7a55']],
    bad: ['office', '', 7, '2b0c9c2e5a8f4a639e391f3d0f4c7a55'],
  },
  'peer.group_id_source': SWITCHES({
    unset: 0,
    'ad-site': 1,
    'domain-sid': 2,
    dhcp: 3,
    'dns-suffix': 4,
    'tenant-id': 5,
    5: 5,
  }),
  'peer.restrict_peer_selection': SWITCHES({ none: 0, subnet: 1, 'local-discovery': 2, 0: 0 }),
  'peer.min_ram': { good: [['1GB', 1e9]], bad: [4, '500MB', '100001GB'] },
  'peer.min_disk': { good: [['64GB', 64e9]], bad: [32, '0.5GB'] },
  'peer.min_battery_upload': {
    good: [
      [40, 40],
      [0, 0],
      ['never', undefined],
    ],
    bad: [101, 'always'],
  },
  'peer.allow_vpn': BOOLEANS,
  'peer.delay_from_http_foreground': PEER_DELAYS,
  'peer.delay_from_http_background': PEER_DELAYS,
  'cache.max_size_percent': {
    good: [
      [1, 1],
      [100, 100],
    ],
    bad: [0, 101, '20'],
  },
  'cache.max_size': {
    good: [
      ['10GB', 1e10],
      [0, 0],
      ['unlimited', undefined],
    ],
    bad: [10, 'big'],
  },
  'cache.max_age': {
    good: [
      ['7d', 604_800_000],
      [0, 0],
    ],
    bad: [259_200, 'old', '50000d'],
  },
  'cache.min_file_size': { good: [['1MB', 1e6]], bad: [50, '999KB', '100001MB'] },
  'cache.dir': PATHS,
  'cache.hosts': {
    good: [
      [
        ['cache.example', '10.0.0.1:8080', '[::1]'],
        ['cache.example', '10.0.0.1:8080', '[::1]'],
      ],
    ],
    bad: [
      ['http://cache'],
      'cache.example',
      ['fe80::1'],
      ['a..b'],
      [''],
      ['1.2.3.400'],
      Array.from({ length: 33 }, (_, at) => `c${at}`),
    ],
  },
  'cache.host_source': SWITCHES({ 'dns-sd': undefined, none: 0, dhcp: 1, 'dhcp-forced': 2, 1: 1 }),
  'cache.fallback_delay_foreground': FALLBACK_DELAYS,
  'cache.fallback_delay_background': FALLBACK_DELAYS,
  'cache.disallow_on_vpn': BOOLEANS,
  'agent.enabled': BOOLEANS,
  'agent.run_dir': PATHS,
  'agent.config_dir': PATHS,
  'agent.log_dir': PATHS,
  'notify.command': {
    good: [
      [
        ['/bin/echo', ''],
        ['/bin/echo', ''],
      ],
    ],
    bad: ['/bin/echo hi', [], [7], ['a\0b']],
  },
  'notify.webhook': {
    good: [
      [
        [HOOK, { ...HOOK, events: ['job.created'] }],
        [
          {
            url: HOOK.url,
            secret: { kind: 'file', path: '/etc/hook.key' },
            events: ['job.state'],
          },
          {
            url: HOOK.url,
            secret: { kind: 'file', path: '/etc/hook.key' },
            events: ['job.created'],
          },
        ],
      ],
      [
        [{ url: HOOK.url, secret: SECRET }],
        [{ url: HOOK.url, secret: { kind: 'inline', secret: SECRET }, events: ['job.state'] }],
      ],
    ],
    bad: [
      HOOK,
      HOOK.url,
      [{ url: HOOK.url }],
      [{ ...HOOK, secret: SECRET }],
      [{ url: HOOK.url, secret: 'short' }],
      [{ ...HOOK, url: 'ftp://x' }],
      [{ ...HOOK, url: 'https://user:pass@x/' }],
      [{ ...HOOK, events: ['job.exploded'] }],
      [{ ...HOOK, events: [] }],
      [{ ...HOOK, sekret: SECRET }],
    ],
  },
  'notify.handlers': {
    good: [
      [
        {
          '{2B0C9C2E-5A8F-4A63-9E39-1F3D0F4C7A55}': { command: ['/bin/true'] },
          mine: HOOK,
        },
        {
          '2b0c9c2e-5a8f-4a63-9e39-1f3d0f4c7a55': { kind: 'command', command: ['/bin/true'] },
          mine: {
            kind: 'webhook',
            url: HOOK.url,
            secret: { kind: 'file', path: '/etc/hook.key' },
          },
        },
      ],
    ],
    bad: [
      [],
      { mine: {} },
      { 'two words': HOOK },
      { mine: { ...HOOK, command: ['/bin/true'] } },
      { mine: { command: ['/bin/true'], secret: SECRET } },
      { mine: { url: HOOK.url } },
      { mine: { command: '/bin/true' } },
    ],
  },
  'notify.retry_min': { good: [['5s', 5_000]], bad: [5, '0s', '2d'] },
  'notify.retry_max': { good: [['1d', 86_400_000]], bad: [5, '25h'] },
  'notify.give_up_after': { good: [['30d', 2_592_000_000]], bad: ['1s', '31d', 7] },
  'notify.timeout': { good: [['1s', 1_000]], bad: ['11m', 30] },
  'log.level': SWITCHES({
    trace: 'trace',
    debug: 'debug',
    info: 'info',
    warn: 'warn',
    ERROR: 'error',
    fatal: 'fatal',
    silent: 'silent',
  }),
  'log.file': PATHS,
  'metrics.enabled': BOOLEANS,
  'ui.enabled': BOOLEANS,
};

function read(config: Config, key: string): unknown {
  const known = CONFIG_KEYS.get(key);
  assert.ok(known);
  return (config[known.section] as unknown as Record<string, unknown>)[known.property];
}

test('the cases below leave out no key', () => {
  assert.deepEqual(Object.keys(CASES).toSorted(), [...CONFIG_KEYS.keys()].toSorted());
});

for (const [key, { good, bad }] of Object.entries(CASES)) {
  test(`${key} takes what it should and nothing else`, async () => {
    for (const [raw, expected] of good) {
      checkOverrideValue(key, raw);
      // Beside a longest wait that no shortest one is above.
      const room = key.endsWith('retry_min') ? { [key.replace('min', 'max')]: '1d' } : {};
      const { values } = await loadConfig({ ...NOBODY, overrides: { ...room, [key]: raw } });
      assert.deepEqual(read(values, key), expected, JSON.stringify(raw));
    }
    for (const raw of bad) {
      assert.throws(
        () => checkOverrideValue(key, raw),
        (error: Error & { code?: string }) =>
          error.code === 'E_INVALIDARG' && error.message.includes(key),
        JSON.stringify(raw),
      );
    }
  });
}

test('origins of pages are kept as browsers send them', async () => {
  const { values } = await loadConfig({
    ...NOBODY,
    overrides: { 'daemon.allowed_origins': ['https://A.example/', 'http://localhost:8080'] },
  });
  assert.deepEqual(values.daemon.allowedOrigins, ['https://a.example', 'http://localhost:8080']);
});

test('a path may begin at the home directory', async () => {
  const { values } = await loadWith({ 'log.file': '~/haulyard.log' });
  assert.match(values.log.file ?? '', /^\/.+\/haulyard\.log$/);
  assert.doesNotMatch(values.log.file ?? '', /~/);
});

test('every default is a value that the key itself would take', () => {
  for (const { key, spec } of CONFIG_KEYS.values()) {
    if (spec.fallback === undefined || spec.fallback === '') continue;
    assert.doesNotThrow(() => checkOverrideValue(key, spec.fallback), key);
  }
});

test('the defaults written out as a file give the defaults', async () => {
  await using directory = await temporaryDirectory();
  const document: Record<string, Record<string, unknown>> = {};
  for (const { section, spec } of CONFIG_KEYS.values()) {
    if (spec.fallback === undefined || spec.fallback === '') continue;
    (document[section] ??= {})[spec.name] = spec.fallback;
  }
  const written = await loadText(directory.path, stringify(document));
  assert.deepEqual(written.values, (await loadConfig(NOBODY)).values);
});

test('the policies have the defaults that were decided on', async () => {
  const { bandwidth, cache, peer, network } = (await loadConfig(NOBODY)).values;
  assert.equal(cache.maxAgeMs, 3 * 86_400_000);
  assert.equal(cache.minFileSizeBytes, 50_000_000);
  assert.equal(cache.maxSizePercent, 20);
  assert.equal(cache.maxSizeBytes, undefined);
  assert.equal(cache.hostSource, undefined);
  assert.equal(bandwidth.minBackgroundQosBytesPerSecond, 2_500_000);
  assert.equal(bandwidth.monthlyUploadCapBytes, 20_000_000_000);
  assert.equal(peer.restrictPeerSelection, 1);
  assert.equal(peer.mode, 1);
  assert.equal(peer.minRamBytes, 4_000_000_000);
  assert.equal(peer.minDiskBytes, 32_000_000_000);
  assert.equal(peer.minBatteryUploadPercent, undefined);
  assert.equal(network.pauseBackgroundBelowPercent, 0);
});
