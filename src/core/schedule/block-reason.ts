import { BITS_COST_STATE, BITS_JOB_TRANSFER_POLICY } from '../constants.ts';
import { HRESULT } from '../codes.ts';
import type { TransferFailure } from '../job/failure.ts';
import type { Job } from '../job/job.ts';
import { isForeground } from '../job/step.ts';

/** The network as the machine sees it. */
export interface NetworkFacts {
  readonly online: boolean;
  /** A bit of BITS_COST_STATE. */
  readonly costState: number;
}

/** BITS_JOB_TRANSFER_POLICY in force: as set, else ALWAYS for foreground and STANDARD for others (api.md 3.5). */
export function costFlagsInForce(job: Pick<Job, 'costFlags' | 'priority'>): number {
  return (
    job.costFlags ??
    (isForeground(job) ? BITS_JOB_TRANSFER_POLICY.ALWAYS : BITS_JOB_TRANSFER_POLICY.STANDARD)
  );
}

/**
 * Why a job may not transfer just now, or undefined.
 *
 * @param local - the next request stays on this machine, which needs no network
 */
export function blockReason(
  job: Pick<Job, 'costFlags' | 'priority'>,
  network: NetworkFacts,
  local: boolean,
): TransferFailure | undefined {
  if (local) return undefined;
  if (!network.online) return NO_NETWORK;
  if (!isAllowed(costFlagsInForce(job), network.costState)) {
    return {
      kind: 'policy',
      code: 'DO_E_BLOCKED_BY_COST_TRANSFER_POLICY',
      hresult: HRESULT.DO_E_BLOCKED_BY_COST_TRANSFER_POLICY,
      message: "The network's cost is not among those the job's cost flags allow.",
    };
  }
  return undefined;
}

/**
 * Roaming and ignored congestion stand beside the bit that says what the network costs, so each
 * counts for itself: roaming must be allowed besides, and congestion forbids nothing.
 */
function isAllowed(mask: number, costState: number): boolean {
  const { ROAMING, IGNORE_CONGESTION } = BITS_COST_STATE;
  if ((costState & ROAMING) !== 0 && (mask & ROAMING) === 0) return false;
  const cost = costState & ~ROAMING & ~IGNORE_CONGESTION;
  return cost === 0 || (mask & cost) !== 0;
}

export const NO_NETWORK: TransferFailure = {
  kind: 'policy',
  code: 'DO_E_BLOCKED_BY_NO_NETWORK',
  hresult: HRESULT.DO_E_BLOCKED_BY_NO_NETWORK,
  message: 'No network: no interface but the loopback one has an address.',
};

/** Whether a URL's host is this machine itself. */
export function isLoopbackUrl(url: string): boolean {
  const host = new URL(url).hostname;
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    // The URL parser writes every form of an IPv4 address with four numbers.
    /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}
