import {
  DEFAULT_BACKGROUND_SLOTS,
  DEFAULT_CONNECTIONS_PER_ORIGIN,
  DEFAULT_FOREGROUND_SLOTS,
  DEFAULT_PIECE_SIZE_BYTES,
  HISTORY_MS,
  MAX_CONNECTIONS_PER_ORIGIN,
  MAX_PIECE_SIZE_BYTES,
  MAX_SLOTS,
  MIN_PIECE_SIZE_BYTES,
  TIME_SLICE_MS,
} from '../../../core/limits.ts';
import { NETWORK_COSTS, type NetworkCostName } from '../../../core/policy/network-facts.ts';
import { DEFAULT_RETRY_POLICY } from '../../../core/retry/retry-delay.ts';
import { formatDuration } from '../../../core/units.ts';
import type { BandwidthConfig, HttpConfig, JobsConfig, NetworkConfig } from '../config.ts';
import { limitedHours } from './hours-type.ts';
import { key, limit, optional, type SectionSpec } from './key-spec.ts';
import { list } from './list-types.ts';
import {
  boolean,
  choice,
  duration,
  integer,
  orWord,
  path,
  percent,
  rate,
  size,
  text,
} from './scalar-types.ts';
import { type ValueType, valueType } from './value-type.ts';

const DAY_MS = 86_400_000;

/** `[jobs]` */
export const JOBS_KEYS: SectionSpec<JobsConfig> = {
  foregroundSlots: key(
    'foreground_slots',
    integer(1, MAX_SLOTS),
    DEFAULT_FOREGROUND_SLOTS,
    'Foreground jobs that transfer at once.',
  ),
  backgroundSlots: key(
    'background_slots',
    integer(1, MAX_SLOTS),
    DEFAULT_BACKGROUND_SLOTS,
    'All other jobs that transfer at once.',
  ),
  timeSliceMs: key(
    'time_slice',
    duration({ min: 1_000, max: DAY_MS, words: '1s to 1d' }),
    formatDuration(TIME_SLICE_MS),
    'How long a job keeps its slot while others of its kind wait.',
  ),
  maxBytesPerSecond: limit(
    'rate',
    rate(),
    'Limit of each job that has none of its own; 0 lets nothing pass.',
  ),
  historyMs: key(
    'history',
    duration({ max: 365 * DAY_MS, words: '0 to 365d' }),
    formatDuration(HISTORY_MS),
    'How long completed and cancelled jobs can still be looked up.',
  ),
};

const pieceSize: ValueType<number> = valueType('a power of two from "64KiB" to "4MiB"', (raw) => {
  const bytes = size().schema.safeParse(raw).data;
  const isPower = bytes !== undefined && Number.isInteger(Math.log2(bytes));
  return isPower && bytes >= MIN_PIECE_SIZE_BYTES && bytes <= MAX_PIECE_SIZE_BYTES
    ? { value: bytes }
    : undefined;
});

/** `[http]` */
export const HTTP_KEYS: SectionSpec<HttpConfig> = {
  connectionsPerOrigin: key(
    'connections_per_origin',
    integer(1, MAX_CONNECTIONS_PER_ORIGIN),
    DEFAULT_CONNECTIONS_PER_ORIGIN,
    'Connections to one origin, over all jobs.',
  ),
  pieceSizeBytes: key(
    'piece_size',
    pieceSize,
    `${DEFAULT_PIECE_SIZE_BYTES / 1_048_576}MiB`,
    'Size of a piece, the unit in which work is divided.',
  ),
  caFile: optional(
    'ca_file',
    path,
    'PEM file of the authorities that are trusted in place of the built-in ones.',
    { isPath: true },
  ),
  client: key(
    'client',
    choice({ direct: 'direct', general: 'general' } as const),
    'direct',
    'Whether plain answers are read the fast way, or all by the general HTTP client.',
  ),
  userAgent: optional(
    'user_agent',
    text('a product token such as "fleet/2.1"', { max: 256, pattern: /^[\x21-\x7e][\x20-\x7e]*$/ }),
    'User-Agent of every request.',
    { fallbackWords: '`haulyard/` and the version' },
  ),
  retryMinMs: key(
    'retry_min',
    duration({ min: 100, max: 3_600_000, words: '100ms to 1h' }),
    formatDuration(DEFAULT_RETRY_POLICY.delaysMs[0] ?? 0),
    'Wait after the first failure of a job; then it grows.',
  ),
  retryMaxMs: key(
    'retry_max',
    duration({ min: 100, max: DAY_MS, words: '100ms to 1d' }),
    formatDuration(DEFAULT_RETRY_POLICY.maxBackgroundDelayMs),
    'Longest such wait; a foreground job waits 1m at most unless `retry_min` is longer.',
  ),
};

/** `[bandwidth]` */
export const BANDWIDTH_KEYS: SectionSpec<BandwidthConfig> = {
  totalBytesPerSecond: limit('total', rate(), 'Limit of everything; 0 lets nothing pass.'),
  foregroundBytesPerSecond: limit(
    'foreground',
    rate(),
    'Limit of all foreground downloads together; 0 lets nothing pass.',
    { policy: 'DOMaxForegroundDownloadBandwidth' },
  ),
  backgroundBytesPerSecond: limit(
    'background',
    rate(),
    'Limit of all other downloads together; 0 lets nothing pass.',
    { policy: 'DOMaxBackgroundDownloadBandwidth' },
  ),
  foregroundPercent: key(
    'foreground_percent',
    percent(),
    0,
    "The same as a share of the link's bandwidth; 0 is no limit.",
    { policy: 'DOPercentageMaxForegroundBandwidth' },
  ),
  backgroundPercent: key(
    'background_percent',
    percent(),
    0,
    "The same as a share of the link's bandwidth; 0 is no limit.",
    { policy: 'DOPercentageMaxBackgroundBandwidth' },
  ),
  foregroundHours: optional(
    'foreground_hours',
    orWord(limitedHours, 'none', undefined),
    'Hours with a share of their own: `{ from, to, days, inside_percent, outside_percent }`. ' +
      '`days` are those on which the hours begin, all of them by default; a percentage of 0 is no limit.',
    { policy: 'DOSetHoursToLimitForegroundDownloadBandwidth' },
  ),
  backgroundHours: optional(
    'background_hours',
    orWord(limitedHours, 'none', undefined),
    'The same for background downloads.',
    { policy: 'DOSetHoursToLimitBackgroundDownloadBandwidth' },
  ),
  backgroundYields: key(
    'background_yields',
    boolean,
    true,
    'Whether background downloads leave the link to other traffic, while no limit is set for them.',
  ),
  minBackgroundQosBytesPerSecond: key(
    'min_background_qos',
    rate({ min: 1_000, words: '1KB/s' }),
    '2500KB/s',
    'Below this rate a background download takes more from the origin.',
    { policy: 'DOMinBackgroundQos', awaits: 'peers' },
  ),
  linkBytesPerSecond: optional(
    'link_speed',
    orWord(rate({ min: 1, words: '1B/s' }), 'auto', undefined),
    'Bandwidth of the link, of which the percentages are shares.',
    { fallbackWords: 'the best rate measured lately' },
  ),
  monthlyUploadCapBytes: key(
    'monthly_upload_cap',
    size(),
    '20GB',
    'Bytes sent to peers on the internet in a calendar month; 0 is no cap.',
    { policy: 'DOMonthlyUploadDataCap', awaits: 'peers' },
  ),
};

const COST_NAMES = {
  auto: 'auto',
  ...Object.fromEntries(Object.keys(NETWORK_COSTS).map((name) => [name, name])),
} as Readonly<Record<'auto' | NetworkCostName, 'auto' | NetworkCostName>>;

const AUTO_OR_BOOLEAN: ValueType<'auto' | boolean> = choice<'auto' | boolean>({
  auto: 'auto',
  true: true,
  false: false,
});

/** `[network]` */
export const NETWORK_KEYS: SectionSpec<NetworkConfig> = {
  cost: key('cost', choice(COST_NAMES), 'auto', 'What the network costs, if the machine is wrong.'),
  online: key('online', AUTO_OR_BOOLEAN, 'auto', 'Whether there is a network.'),
  cellular: key('cellular', AUTO_OR_BOOLEAN, 'auto', 'Whether the link is a cellular one.'),
  vpn: key('vpn', AUTO_OR_BOOLEAN, 'auto', 'Whether a VPN is up.'),
  battery: key(
    'battery',
    orWord(orWord<number, 'auto'>(percent(), 'auto', 'auto'), 'none', 'none'),
    'auto',
    'Charge of the battery the machine runs on; `none` is mains power.',
  ),
  vpnKeywords: key(
    'vpn_keywords',
    list(text('a word', { max: 64 })),
    [],
    'Words besides `VPN`, `Secure` and `Virtual Private Network` by which a link is taken for a VPN.',
    { policy: 'DOVpnKeywords' },
  ),
  pauseOnVpn: key(
    'pause_on_vpn',
    boolean,
    false,
    'Whether background jobs wait while a VPN is up.',
  ),
  disallowCellular: key(
    'disallow_cellular',
    boolean,
    false,
    'Whether no job may use a cellular link.',
  ),
  pauseBackgroundBelowPercent: key(
    'pause_background_below_battery',
    percent(),
    0,
    'On battery, background jobs wait below this charge; 0 is never, 100 always.',
  ),
  pauseForegroundBelowPercent: key(
    'pause_foreground_below_battery',
    percent(),
    0,
    'The same for foreground jobs.',
  ),
};
