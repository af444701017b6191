import { type CodeInfo, codeInfo } from '../codes.ts';
import { BITS_COST_STATE } from '../constants.ts';
import type { TransferFailure } from '../job/failure.ts';
import { describeCost, type NetworkFacts } from './network-facts.ts';
import type { Policies } from './policies.ts';

export type { NetworkFacts } from './network-facts.ts';

/** What of a job the rules look at. */
export interface JobTraits {
  readonly foreground: boolean;
  /** BITS_COST_STATE bits it may run under: the flags in force, so with the default filled in. */
  readonly costFlags: number;
  /** The job's own refusal of cellular links, besides the one that may hold for all. */
  readonly disallowCellular: boolean;
  /** Its next request stays on this machine, which needs no network. */
  readonly local: boolean;
}

/** A rule that keeps a job from transferring. */
export interface PolicyBlock {
  /** As it is stored with the job; always of the kind `policy`. */
  readonly failure: TransferFailure;
  /** Stable name of the rule: a key of the configuration, or a property of the job. */
  readonly rule: PolicyRule;
  /** A sentence saying what ends the block. */
  readonly unblockedBy: string;
}

/** The rules, in the order in which they are asked. */
export type PolicyRule =
  | 'network.online'
  | 'job.disallow_on_cellular'
  | 'network.disallow_cellular'
  | 'job.cost_flags'
  | 'network.pause_on_vpn'
  | 'network.pause_foreground_below_battery'
  | 'network.pause_background_below_battery';

/** What the rules read of the policies. */
export type BlockPolicies = Pick<Policies, 'power' | 'pauseOnVpn' | 'disallowCellular'>;

/** Why a job may not transfer just now, or undefined: the first of {@link policyBlocks}. */
export function policyBlock(
  job: JobTraits,
  facts: NetworkFacts,
  policies: BlockPolicies,
): PolicyBlock | undefined {
  return policyBlocks(job, facts, policies)[0];
}

/**
 * Every rule that keeps a job from transferring just now, the most fundamental one first.
 *
 * Without a network nothing is said of cost, cellular and VPN, which are qualities of a network. The
 * network does not concern a job whose bytes stay on this machine; the battery does.
 */
export function policyBlocks(
  job: JobTraits,
  facts: NetworkFacts,
  policies: BlockPolicies,
): readonly PolicyBlock[] {
  const ofNetwork = job.local
    ? []
    : facts.online
      ? [cellularBlock(job, facts, policies), costBlock(job, facts), vpnBlock(job, facts, policies)]
      : [NO_NETWORK];
  return [...ofNetwork, powerBlock(job, facts, policies)].filter((block) => block !== undefined);
}

/**
 * Whether a mask of cost flags admits a network.
 *
 * Roaming and ignored congestion stand beside the bit that says what the network costs, so each
 * counts for itself: roaming must be allowed besides, and congestion forbids nothing.
 */
export function admitsCost(costFlags: number, costState: number): boolean {
  const { ROAMING, IGNORE_CONGESTION } = BITS_COST_STATE;
  if ((costState & ROAMING) !== 0 && (costFlags & ROAMING) === 0) return false;
  const cost = costState & ~ROAMING & ~IGNORE_CONGESTION;
  return cost === 0 || (costFlags & cost) !== 0;
}

const NO_NETWORK: PolicyBlock = block(
  'network.online',
  'DO_E_BLOCKED_BY_NO_NETWORK',
  'No network: no interface but the loopback one has an address.',
  'Connect the machine to a network; the job then goes on by itself.',
);

function cellularBlock(
  job: JobTraits,
  facts: NetworkFacts,
  policies: BlockPolicies,
): PolicyBlock | undefined {
  if (facts.cellular !== true) return undefined;
  // The rule that holds for all is named first: changing the job would not help against it.
  if (policies.disallowCellular) {
    return block(
      'network.disallow_cellular',
      'DO_E_BLOCKED_BY_CELLULAR_POLICY',
      'The link is a cellular one, and those are forbidden to every job.',
      'Change to another link, or set network.disallow_cellular to false.',
    );
  }
  if (!job.disallowCellular) return undefined;
  return block(
    'job.disallow_on_cellular',
    'DO_E_BLOCKED_BY_CELLULAR_POLICY',
    'The link is a cellular one, which the job does not allow.',
    'Change to another link, or allow the job cellular links.',
  );
}

function costBlock(job: JobTraits, facts: NetworkFacts): PolicyBlock | undefined {
  if (admitsCost(job.costFlags, facts.costState)) return undefined;
  return block(
    'job.cost_flags',
    'DO_E_BLOCKED_BY_COST_TRANSFER_POLICY',
    `The network is ${describeCost(facts.costState)}, which the job's cost flags do not allow.`,
    "Change to a cheaper network, widen the job's cost flags, or set network.cost if it is wrong.",
  );
}

function vpnBlock(
  job: JobTraits,
  facts: NetworkFacts,
  policies: BlockPolicies,
): PolicyBlock | undefined {
  if (facts.vpn !== true || !policies.pauseOnVpn || job.foreground) return undefined;
  return block(
    'network.pause_on_vpn',
    'DO_E_BLOCKED_BY_VPN_POLICY',
    'A VPN is up, and background jobs wait until it is down.',
    'Close the VPN, give the job foreground priority, or set network.pause_on_vpn to false.',
  );
}

function powerBlock(
  job: JobTraits,
  { onBattery, batteryPercent }: NetworkFacts,
  { power }: BlockPolicies,
): PolicyBlock | undefined {
  const belowPercent = job.foreground
    ? power.pauseForegroundBelowPercent
    : power.pauseBackgroundBelowPercent;
  if (onBattery !== true || belowPercent === undefined) return undefined;
  // 100 stands for every charge. Below it, a charge nobody knows is no reason to stop.
  const always = belowPercent >= 100;
  if (!always && (batteryPercent === undefined || batteryPercent >= belowPercent)) return undefined;
  const charge = batteryPercent === undefined ? '' : ` at ${batteryPercent} percent`;
  const kind = job.foreground ? 'foreground' : 'background';
  const key = `network.pause_${kind}_below_battery` as const;
  return block(
    key,
    'DO_E_BLOCKED_BY_POWER_STATE',
    `The machine runs on its battery${charge}; ${kind} jobs wait ${always ? 'until it does not' : `below ${belowPercent} percent`}.`,
    always
      ? `Connect the machine to mains power, or lower ${key}.`
      : `Connect the machine to mains power, charge it to ${belowPercent} percent, or lower ${key}.`,
  );
}

function block(
  rule: PolicyRule,
  code: CodeInfo['name'],
  message: string,
  unblockedBy: string,
): PolicyBlock {
  const { name, hresult } = codeInfo(code);
  return { failure: { kind: 'policy', code: name, hresult, message }, rule, unblockedBy };
}
