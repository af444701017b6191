import { BITS_COST_STATE } from '../constants.ts';

/** The network and the power supply as the machine sees them: what `NetworkMonitor` reports. */
export interface NetworkFacts {
  /** False once no interface but the loopback one has an address. */
  readonly online: boolean;
  /** A bit of BITS_COST_STATE, with ROAMING beside it where it applies. */
  readonly costState: number;
  /** Whether the link is a cellular one; undefined where nobody can tell. */
  readonly cellular?: boolean;
  /** Whether a VPN is up. */
  readonly vpn?: boolean;
  /** Whether the machine runs on its battery; undefined where it has none. */
  readonly onBattery?: boolean;
  /** Charge in percent, 0 to 100; undefined where there is no battery. */
  readonly batteryPercent?: number;
}

/**
 * What a person calls the cost of a network, and its bits.
 *
 * `metered` is all that a system knows of most such links: a cap, and nothing on how near it is.
 * A roaming link is one that bills by volume besides, because nobody roams for nothing.
 */
export const NETWORK_COSTS: Readonly<Record<NetworkCostName, number>> = {
  unrestricted: BITS_COST_STATE.UNRESTRICTED,
  metered: BITS_COST_STATE.CAPPED_USAGE_UNKNOWN,
  capped: BITS_COST_STATE.BELOW_CAP,
  'near-cap': BITS_COST_STATE.NEAR_CAP,
  'over-cap': BITS_COST_STATE.OVERCAP_CHARGED,
  'usage-based': BITS_COST_STATE.USAGE_BASED,
  roaming: BITS_COST_STATE.USAGE_BASED | BITS_COST_STATE.ROAMING,
};
export type NetworkCostName =
  'unrestricted' | 'metered' | 'capped' | 'near-cap' | 'over-cap' | 'usage-based' | 'roaming';

/** The cost state in words, such as `near its cap, roaming`; `of unknown cost` for none. */
export function describeCost(costState: number): string {
  const words = COST_WORDS.filter(([bit]) => (costState & bit) !== 0).map(([, word]) => word);
  return words.length === 0 ? 'of unknown cost' : words.join(', ');
}

const COST_WORDS: readonly (readonly [number, string])[] = [
  [BITS_COST_STATE.UNRESTRICTED, 'unrestricted'],
  [BITS_COST_STATE.CAPPED_USAGE_UNKNOWN, 'metered'],
  [BITS_COST_STATE.BELOW_CAP, 'capped and below its cap'],
  [BITS_COST_STATE.NEAR_CAP, 'near its cap'],
  [BITS_COST_STATE.OVERCAP_CHARGED, 'over its cap and charged for it'],
  [BITS_COST_STATE.OVERCAP_THROTTLED, 'over its cap and slowed down'],
  [BITS_COST_STATE.USAGE_BASED, 'billed by volume'],
  [BITS_COST_STATE.ROAMING, 'roaming'],
];
