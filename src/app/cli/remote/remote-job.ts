import type { BG_JOB_STATE } from '../../../core/constants.ts';
import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../../../core/errors.ts';
import { toUnsigned } from '../../../core/hresult.ts';
import type { JobFailure } from '../../../core/interfaces/job.ts';
import type { JobResource } from '../../../rest/contract.ts';
import { stateNamed } from '../outcome.ts';
import type { JobLook, RunnableJob } from '../runnable-job.ts';
import type { JobBell } from './job-bell.ts';
import type { ServiceLink } from './service-link.ts';

/** A restart of the service takes seconds; what takes longer is for its administrator. */
const AWAY_TRIES = 60;
const AWAY_WAIT_MS = 1_000;

/** A job of the service, as the commands that bring jobs to their end see it. */
export function remoteJob(link: ServiceLink, bell: JobBell, id: string): RunnableJob {
  const params = { id };
  return {
    async listen(ring) {
      bell.listen(id, ring);
    },
    look: async () => lookOf(await patiently(() => link.rest.call('getJob', { params }))),
    resume: async () => {
      await link.rest.call('resumeJob', { params });
    },
    suspend: async () => {
      await link.rest.call('suspendJob', { params });
    },
    complete: async () => toUnsigned((await link.rest.call('completeJob', { params })).hresult),
  };
}

/** Goes on asking while the service is away. Reading only: what changes something is not repeated. */
async function patiently<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      if (!isAway(error) || tries >= AWAY_TRIES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, AWAY_WAIT_MS));
  }
}

/** Whether an error says that the service cannot be reached, which may pass. */
function isAway(error: unknown): boolean {
  return (
    isDeliveryOptimizationError(error) &&
    (error.code === 'DO_E_NO_SERVICE' || error.code === 'ERROR_TIMEOUT')
  );
}

/** A job as the service tells it. */
export function lookOf(job: JobResource): JobLook {
  return {
    state: stateOf(job),
    bytesTotal: job.progress.bytesTotal ?? undefined,
    bytesTransferred: job.progress.bytesTransferred,
    filesTotal: job.progress.filesTotal,
    filesTransferred: job.progress.filesTransferred,
    failure: failureOf(job.error ?? job.lastFailure),
  };
}

/** The state by its documented number. */
export function stateOf(job: JobResource): BG_JOB_STATE {
  const state = stateNamed(job.state);
  if (state !== undefined) return state;
  throw new DeliveryOptimizationError(
    'E_UNEXPECTED',
    `The service tells of a state "${job.state}" that this command does not know: update haulyard.`,
  );
}

function failureOf(failure: JobResource['error']): JobFailure | null {
  if (failure === null) return null;
  const { hresult, extendedHresult, code, ...rest } = failure;
  return {
    ...rest,
    code,
    hresult: toUnsigned(hresult),
    ...(extendedHresult !== undefined && { extendedHresult: toUnsigned(extendedHresult) }),
  } as JobFailure;
}
