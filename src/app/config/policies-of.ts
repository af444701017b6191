import type { NetworkFacts } from '../../core/policy/network-facts.ts';
import { NETWORK_COSTS } from '../../core/policy/network-facts.ts';
import type { Policies, TrafficPolicy } from '../../core/policy/policies.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../../core/retry/retry-delay.ts';
import type { Config, HttpConfig, NetworkConfig } from './config.ts';

/** The policies that a configuration stands for. Where a key's 0 means "no limit", nothing is left. */
export function policiesOf(config: Config): Policies {
  const { bandwidth, cache, jobs, network, peer } = config;
  return {
    downloadMode: peer.mode,
    ...given('totalBytesPerSecond', bandwidth.totalBytesPerSecond),
    ...given('jobBytesPerSecond', jobs.maxBytesPerSecond),
    foreground: trafficPolicy(config, 'foreground'),
    background: trafficPolicy(config, 'background'),
    backgroundYields: bandwidth.backgroundYields,
    minBackgroundQosBytesPerSecond: bandwidth.minBackgroundQosBytesPerSecond,
    ...given('linkBytesPerSecond', bandwidth.linkBytesPerSecond),
    cacheHosts: cache.hosts,
    disallowCacheServerOnVpn: cache.disallowOnVpn,
    power: {
      ...given('pauseBackgroundBelowPercent', unlessZero(network.pauseBackgroundBelowPercent)),
      ...given('pauseForegroundBelowPercent', unlessZero(network.pauseForegroundBelowPercent)),
    },
    pauseOnVpn: network.pauseOnVpn,
    disallowCellular: network.disallowCellular,
  };
}

/**
 * The facts of the network that the configuration states in place of the machine.
 *
 * `none` as the battery says that the machine runs on mains power; what the machine knows of a
 * battery is then forgotten, see {@link overrideFacts}.
 */
export function networkOverrides(network: NetworkConfig): Partial<NetworkFacts> {
  const { cost, online, cellular, vpn, battery } = network;
  return {
    ...given('costState', cost === 'auto' ? undefined : NETWORK_COSTS[cost]),
    ...given('online', online === 'auto' ? undefined : online),
    ...given('cellular', cellular === 'auto' ? undefined : cellular),
    ...given('vpn', vpn === 'auto' ? undefined : vpn),
    ...(battery === 'none' ? { onBattery: false } : {}),
    ...(typeof battery === 'number' ? { onBattery: true, batteryPercent: battery } : {}),
  };
}

/** What holds: the facts of the machine, with those stated in the configuration in their place. */
export function overrideFacts(facts: NetworkFacts, network: NetworkConfig): NetworkFacts {
  const { batteryPercent, ...rest } = facts;
  const known =
    network.battery === 'none' || batteryPercent === undefined ? {} : { batteryPercent };
  return { ...rest, ...known, ...networkOverrides(network) };
}

/**
 * The waits between attempts: the usual table, stretched to begin at `retry_min` and cut off at
 * `retry_max`. With both at their defaults it is the usual table itself.
 */
export function retryPolicyOf({ retryMinMs, retryMaxMs }: HttpConfig): RetryPolicy {
  const { delaysMs, maxForegroundDelayMs, jitter } = DEFAULT_RETRY_POLICY;
  const stretch = retryMinMs / (delaysMs[0] ?? retryMinMs);
  return {
    delaysMs: delaysMs.map((delayMs) => Math.min(retryMaxMs, Math.round(delayMs * stretch))),
    maxForegroundDelayMs: Math.min(retryMaxMs, Math.max(retryMinMs, maxForegroundDelayMs)),
    maxBackgroundDelayMs: retryMaxMs,
    jitter,
  };
}

function trafficPolicy(
  { bandwidth, cache, peer }: Config,
  kind: 'foreground' | 'background',
): TrafficPolicy {
  const isForeground = kind === 'foreground';
  const delayMs = isForeground ? peer.delayFromHttpForegroundMs : peer.delayFromHttpBackgroundMs;
  return {
    ...given('bytesPerSecond', bandwidth[`${kind}BytesPerSecond`]),
    ...given('percent', unlessZero(bandwidth[`${kind}Percent`])),
    ...given('hours', bandwidth[`${kind}Hours`]),
    ...given('delayFromHttpMs', unlessZero(delayMs)),
    ...given(
      'delayCacheServerFallbackMs',
      isForeground ? cache.fallbackDelayForegroundMs : cache.fallbackDelayBackgroundMs,
    ),
  };
}

function unlessZero(value: number): number | undefined {
  return value === 0 ? undefined : value;
}

/** A property with a value, or none at all. */
function given<Name extends string, T>(
  name: Name,
  value: T | undefined,
): { readonly [N in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: T };
}
