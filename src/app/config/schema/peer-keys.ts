import { DOWNLOAD_MODE_NAMES } from '../../../core/policy/download-mode.ts';
import type { CacheConfig, PeerConfig } from '../config.ts';
import { hostAndPort } from './address-types.ts';
import { key, limit, optional, type SectionSpec } from './key-spec.ts';
import { list } from './list-types.ts';
import { boolean, choice, duration, integer, orWord, path, percent, size } from './scalar-types.ts';
import { found, type ValueType, valueType } from './value-type.ts';

const GB = 1_000_000_000;
/** What the documented policies hold: seconds in 32 bits. */
const MAX_SECONDS_MS = 0xffff_ffff * 1_000;
const MAX_FALLBACK_MS = 2_592_000_000;

const guid: ValueType<string> = valueType(
  'a GUID, such as "2b0c9c2e-5a8f-4a63-9e39-1f3d0f4c7a55"',
  (raw) => {
    if (typeof raw !== 'string') return undefined;
    const [, plain] = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i.exec(raw) ?? [];
    return found(plain?.toLowerCase());
  },
);

/** The numbers of DOGroupIdSource. */
const GROUP_ID_SOURCES = {
  unset: 0,
  'ad-site': 1,
  'domain-sid': 2,
  dhcp: 3,
  'dns-suffix': 4,
  'tenant-id': 5,
};

/** The numbers of DORestrictPeerSelectionBy. */
const RESTRICTIONS = { none: 0, subnet: 1, 'local-discovery': 2 };

/** The numbers of DOCacheHostSource, and the word for none of them. */
const HOST_SOURCES = { 'dns-sd': undefined, none: 0, dhcp: 1, 'dhcp-forced': 2 };

const peerDelay: ValueType<number> = duration({ max: MAX_SECONDS_MS, words: '0 to 4294967295s' });

const fallbackDelay: ValueType<number> = orWord(
  duration({ max: MAX_FALLBACK_MS, words: '0 to 30d' }),
  'never',
  -1,
);

/** `[peer]` */
export const PEER_KEYS: SectionSpec<PeerConfig> = {
  mode: key(
    'mode',
    choice(DOWNLOAD_MODE_NAMES),
    'lan',
    'Who files may be exchanged with. Until there are peers, every mode works as `simple`.',
    { policy: 'DODownloadMode', awaits: 'peers' },
  ),
  groupId: optional('group_id', guid, 'The group of mode `group`. It is no access check.', {
    policy: 'DOGroupId',
    awaits: 'peers',
  }),
  groupIdSource: key(
    'group_id_source',
    choice(GROUP_ID_SOURCES),
    'unset',
    'Where the group comes from when `group_id` is not set.',
    { policy: 'DOGroupIdSource', awaits: 'peers' },
  ),
  restrictPeerSelection: key(
    'restrict_peer_selection',
    choice(RESTRICTIONS),
    'subnet',
    'Narrows the peers of modes `lan` and `group`.',
    { policy: 'DORestrictPeerSelectionBy', awaits: 'peers' },
  ),
  minRamBytes: key(
    'min_ram',
    size({ min: GB, max: 100_000 * GB, words: '1GB to 100000GB' }),
    '4GB',
    'A machine with less memory has no peers.',
    { policy: 'DOMinRAMAllowedToPeer', awaits: 'peers' },
  ),
  minDiskBytes: key(
    'min_disk',
    size({ min: GB, max: 100_000 * GB, words: '1GB to 100000GB' }),
    '32GB',
    'A machine with a smaller volume has no peers.',
    { policy: 'DOMinDiskSizeAllowedToPeer', awaits: 'peers' },
  ),
  minBatteryUploadPercent: key(
    'min_battery_upload',
    orWord(percent(), 'never', undefined),
    'never',
    'On battery, peers are served at or above this charge.',
    { policy: 'DOMinBatteryPercentageAllowedToUpload', awaits: 'peers' },
  ),
  allowVpn: key('allow_vpn', boolean, false, 'Whether there are peers while a VPN is up.', {
    policy: 'DOAllowVPNPeerCaching',
    awaits: 'peers',
  }),
  delayFromHttpForegroundMs: key(
    'delay_from_http_foreground',
    peerDelay,
    '0s',
    'Wait for peers before a foreground download uses HTTP.',
    { policy: 'DODelayForegroundDownloadFromHttp', awaits: 'peers' },
  ),
  delayFromHttpBackgroundMs: key(
    'delay_from_http_background',
    peerDelay,
    '0s',
    'The same for background downloads.',
    { policy: 'DODelayBackgroundDownloadFromHttp', awaits: 'peers' },
  ),
};

/** `[cache]` */
export const CACHE_KEYS: SectionSpec<CacheConfig> = {
  maxSizePercent: key(
    'max_size_percent',
    integer(1, 100),
    20,
    'Upper bound of the cache as a share of the available disk.',
    { policy: 'DOMaxCacheSize', awaits: 'cache' },
  ),
  maxSizeBytes: limit(
    'max_size',
    size(),
    'Upper bound of the cache; beats the share. 0 is no bound but the free disk.',
    { policy: 'DOAbsoluteMaxCacheSize', awaits: 'cache' },
  ),
  maxAgeMs: key(
    'max_age',
    duration({ max: MAX_SECONDS_MS, words: '0 to 4294967295s' }),
    '3d',
    'How long a finished file is kept and served; 0 is no limit.',
    { policy: 'DOMaxCacheAge', awaits: 'cache' },
  ),
  minFileSizeBytes: key(
    'min_file_size',
    size({ min: 1_000_000, max: 100_000_000_000, words: '1MB to 100000MB' }),
    '50MB',
    'Smaller files are neither kept for peers nor fetched from them.',
    { policy: 'DOMinFileSizeToCache', awaits: 'cache' },
  ),
  dir: optional('dir', path, 'Directory of the cache.', {
    policy: 'DOModifyCacheDrive',
    awaits: 'cache',
    isPath: true,
    fallbackWords: '`cache` in the data directory',
  }),
  hosts: key(
    'hosts',
    list(hostAndPort, { max: 32 }),
    [],
    'Cache hosts, tried in this order, one at a time.',
    { policy: 'DOCacheHost' },
  ),
  hostSource: key(
    'host_source',
    choice<number | undefined>(HOST_SOURCES),
    'dns-sd',
    'Where cache hosts come from besides `hosts`.',
    { policy: 'DOCacheHostSource', awaits: 'cache' },
  ),
  fallbackDelayForegroundMs: optional(
    'fallback_delay_foreground',
    fallbackDelay,
    'How long a foreground download tries the cache hosts before it uses the origin.',
    { policy: 'DODelayCacheServerFallbackForeground', fallbackWords: 'until the first failure' },
  ),
  fallbackDelayBackgroundMs: optional(
    'fallback_delay_background',
    fallbackDelay,
    'The same for background downloads.',
    { policy: 'DODelayCacheServerFallbackBackground', fallbackWords: 'until the first failure' },
  ),
  disallowOnVpn: key(
    'disallow_on_vpn',
    boolean,
    false,
    'Whether no cache host is used while a VPN is up.',
    { policy: 'DODisallowCacheServerDownloadsOnVPN' },
  ),
};
