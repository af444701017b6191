import { asDeliveryOptimizationError } from '../../core/errors.ts';
import { disallowsCellular } from '../../core/download/traits.ts';
import { isLoopbackUrl } from '../../core/http/url.ts';
import { failureOf, type TransferFailure } from '../../core/job/failure.ts';
import { remoteNameInForce } from '../../core/job/file.ts';
import { isForeground } from '../../core/job/step.ts';
import {
  policyBlock,
  type BlockPolicies,
  type JobTraits,
  type PolicyBlock,
} from '../../core/policy/policy-block.ts';
import { costFlagsInForce } from '../../core/schedule/cost-flags.ts';
import type { NetworkState } from '../../ports/network-monitor.ts';
import type { LiveJob } from '../live-job.ts';

/** The world that rules are asked about. */
export interface BlockWorld {
  readonly network: NetworkState;
  readonly policies: BlockPolicies;
}

/**
 * What of a job the rules look at.
 *
 * A job whose next URL leads to this machine itself needs no network, so neither its loss nor its
 * cost concerns the job: a local proxy or test server serves it all the same.
 */
export function traitsOf(live: LiveJob): JobTraits {
  const file = live.nextFile();
  return {
    foreground: isForeground(live.job),
    costFlags: costFlagsInForce(live.job),
    disallowCellular: disallowsCellular(live.job.download),
    local: file === undefined || isLoopbackUrl(remoteNameInForce(file)),
  };
}

/** The rule that keeps a job from transferring just now. */
export function blockOf(live: LiveJob, { network, policies }: BlockWorld): PolicyBlock | undefined {
  return policyBlock(traitsOf(live), network, policies);
}

/** The failure of a block; a record that cannot be read is a fatal one of its own. */
export function failureOfBlock(live: LiveJob, world: BlockWorld): TransferFailure | undefined {
  try {
    return blockOf(live, world)?.failure;
  } catch (error) {
    return { ...failureOf(asDeliveryOptimizationError(error, 'E_UNEXPECTED')), kind: 'fatal' };
  }
}

/**
 * All that blocks depend on besides the jobs themselves. Worlds with the same key block the same
 * jobs: a battery that loses a percent is no reason to look at a hundred thousand of them.
 */
export function worldKey({ network, policies }: BlockWorld): string {
  const power = [true, false].map((foreground) => {
    const job = { foreground, costFlags: 0, disallowCellular: false, local: true };
    return policyBlock(job, network, policies)?.rule;
  });
  const { online, costState, cellular, vpn } = network;
  return JSON.stringify([
    online,
    costState,
    cellular === true,
    policies.disallowCellular,
    vpn === true && policies.pauseOnVpn,
    ...power,
  ]);
}
