import type { DOWNLOAD_MODE } from '../../core/constants.ts';
import type { NetworkCostName } from '../../core/policy/network-facts.ts';
import type { LimitedHours } from '../../core/policy/policies.ts';
import type { ListenAddress } from './schema/address-types.ts';
import type { HandlerConfig, WebhookConfig } from './schema/notify-types.ts';

/**
 * The settings in force. Properties are named for their keys, with the unit added; what each means,
 * its default and its bounds stand in `schema/` and, from there, in docs/configuration.md.
 *
 * undefined is "not set" or "no limit" throughout.
 */
export interface Config {
  readonly daemon: DaemonConfig;
  readonly jobs: JobsConfig;
  readonly http: HttpConfig;
  readonly bandwidth: BandwidthConfig;
  readonly network: NetworkConfig;
  readonly peer: PeerConfig;
  readonly cache: CacheConfig;
  readonly agent: AgentConfig;
  readonly notify: NotifyConfig;
  readonly log: LogConfig;
  readonly metrics: MetricsConfig;
  readonly ui: UiConfig;
}

export interface DaemonConfig {
  readonly socket: string;
  readonly dataDir: string;
  /** False: no TCP at all. */
  readonly tcp: ListenAddress | false;
  /** Users who get a socket of their own beside the main one. */
  readonly socketUsers: readonly string[];
  readonly administrators: readonly string[];
  /** Values of Host besides the loopback ones. */
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly startInterrupted: boolean;
}

export interface JobsConfig {
  readonly foregroundSlots: number;
  readonly backgroundSlots: number;
  readonly timeSliceMs: number;
  /** Of each job that has no limit of its own. */
  readonly maxBytesPerSecond: number | undefined;
  readonly historyMs: number;
}

export interface HttpConfig {
  readonly connectionsPerOrigin: number;
  readonly pieceSizeBytes: number;
  readonly caFile: string | undefined;
  readonly client: 'direct' | 'general';
  /** undefined: the product and its version. */
  readonly userAgent: string | undefined;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

export interface BandwidthConfig {
  readonly totalBytesPerSecond: number | undefined;
  readonly foregroundBytesPerSecond: number | undefined;
  readonly backgroundBytesPerSecond: number | undefined;
  /** 0 is no limit. */
  readonly foregroundPercent: number;
  readonly backgroundPercent: number;
  readonly foregroundHours: LimitedHours | undefined;
  readonly backgroundHours: LimitedHours | undefined;
  readonly backgroundYields: boolean;
  readonly minBackgroundQosBytesPerSecond: number;
  readonly linkBytesPerSecond: number | undefined;
  /** 0 is no cap. */
  readonly monthlyUploadCapBytes: number;
}

/** Facts in place of what the machine reports, `auto` where it is believed, and the rules on them. */
export interface NetworkConfig {
  readonly cost: 'auto' | NetworkCostName;
  readonly online: 'auto' | boolean;
  readonly cellular: 'auto' | boolean;
  readonly vpn: 'auto' | boolean;
  /** A number: on battery, with this percentage. */
  readonly battery: 'auto' | 'none' | number;
  /** Words besides the built-in ones by which an interface is known as a VPN. */
  readonly vpnKeywords: readonly string[];
  readonly pauseOnVpn: boolean;
  readonly disallowCellular: boolean;
  /** 0: never. */
  readonly pauseBackgroundBelowPercent: number;
  readonly pauseForegroundBelowPercent: number;
}

export interface PeerConfig {
  readonly mode: DOWNLOAD_MODE;
  /** GUID, in lower case without braces. */
  readonly groupId: string | undefined;
  /** The number of DOGroupIdSource, 0 to 5. */
  readonly groupIdSource: number;
  /** The number of DORestrictPeerSelectionBy, 0 to 2. */
  readonly restrictPeerSelection: number;
  readonly minRamBytes: number;
  readonly minDiskBytes: number;
  /** undefined: never upload on battery. */
  readonly minBatteryUploadPercent: number | undefined;
  readonly allowVpn: boolean;
  readonly delayFromHttpForegroundMs: number;
  readonly delayFromHttpBackgroundMs: number;
}

export interface CacheConfig {
  readonly maxSizePercent: number;
  /** Overrides the percentage; 0 is no bound. */
  readonly maxSizeBytes: number | undefined;
  /** 0 is no limit. */
  readonly maxAgeMs: number;
  readonly minFileSizeBytes: number;
  readonly dir: string | undefined;
  /** Cache hosts in the order they are tried: `host` or `host:port`. */
  readonly hosts: readonly string[];
  /** The number of DOCacheHostSource; undefined: found by DNS-SD. */
  readonly hostSource: number | undefined;
  /** undefined: the first failure; -1: for ever. */
  readonly fallbackDelayForegroundMs: number | undefined;
  readonly fallbackDelayBackgroundMs: number | undefined;
  readonly disallowOnVpn: boolean;
}

export interface AgentConfig {
  readonly enabled: boolean;
  readonly runDir: string;
  readonly configDir: string;
  readonly logDir: string;
}

export interface NotifyConfig {
  /** A program and its arguments; undefined: none. */
  readonly command: readonly string[] | undefined;
  readonly webhooks: readonly WebhookConfig[];
  /** By GUID in lower case without braces, or by name. */
  readonly handlers: Readonly<Record<string, HandlerConfig>>;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly giveUpAfterMs: number;
  readonly timeoutMs: number;
}

export interface LogConfig {
  readonly level: LogLevel;
  /** undefined: standard error. */
  readonly file: string | undefined;
}
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface MetricsConfig {
  readonly enabled: boolean;
}

export interface UiConfig {
  readonly enabled: boolean;
}
