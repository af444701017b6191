import { describeHresult } from '../core/codes.ts';
import type { BG_JOB_TYPE } from '../core/constants.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import type { IDOManager } from '../core/interfaces/download.ts';
import type { IEnumerator } from '../core/interfaces/enumerator.ts';
import type { HaulyardManager } from '../core/interfaces/haulyard-manager.ts';
import type { IBackgroundCopyJob } from '../core/interfaces/job.ts';
import { isFinal } from '../core/job/step.ts';
import { MAX_DISPLAY_NAME_CHARACTERS } from '../core/limits.ts';
import type { JobResource } from '../rest/contract.ts';
import { checkUnsigned32, describe, invalidArgument } from '../core/validate/arguments.ts';
import { carriedNumber } from './carry.ts';
import { enumeratorOf } from '../core/objects/enumerator.ts';
import { RemoteJob } from './job.ts';
import { stateOf } from './names.ts';
import { isUnknownJob, type Remote } from './remote.ts';

/** Jobs of one page of the list. */
const JOBS_PER_PAGE = 1_000;

/** IBackgroundCopyManager, on a service in another process. */
export class RemoteManager implements HaulyardManager {
  readonly downloads: IDOManager;
  readonly #remote: Remote;
  readonly #close: () => Promise<void>;

  constructor(remote: Remote, downloads: IDOManager, close: () => Promise<void>) {
    this.#remote = remote;
    this.downloads = downloads;
    this.#close = close;
  }

  async createJob(displayName: string, type: BG_JOB_TYPE): Promise<IBackgroundCopyJob> {
    const { rest, signal } = this.#remote;
    signal.throwIfAborted();
    if (typeof displayName !== 'string')
      throw invalidArgument(`displayName must be a string, not ${describe(displayName)}.`);
    const body = {
      // Longer by one is refused like longer by any number.
      displayName: displayName.slice(0, MAX_DISPLAY_NAME_CHARACTERS + 1),
      type: carriedNumber(type),
    };
    return new RemoteJob(this.#remote, await rest.call('createJob', { body, signal }));
  }

  async getJob(id: string): Promise<IBackgroundCopyJob> {
    const { rest, signal } = this.#remote;
    signal.throwIfAborted();
    if (typeof id !== 'string') throw invalidArgument(`id must be a string, not ${describe(id)}.`);
    if (!isUuid(id)) throw unknownJob(id);
    const facts = await rest
      .call('getJob', { params: { id: id.toLowerCase() }, signal })
      .catch((error: unknown) => {
        throw isUnknownJob(error) ? unknownJob(id) : error;
      });
    // The service still knows final jobs; the interface finds them no more.
    if (isFinal(stateOf(facts.state)) || facts.family !== 'job') throw unknownJob(id);
    return new RemoteJob(this.#remote, facts);
  }

  async enumJobs(): Promise<IEnumerator<IBackgroundCopyJob>> {
    const { rest, signal } = this.#remote;
    signal.throwIfAborted();
    const jobs: RemoteJob[] = [];
    let cursor: string | null = null;
    do {
      const page: { readonly jobs: readonly JobResource[]; readonly next: string | null } =
        await rest.call('listJobs', {
          query: { limit: JOBS_PER_PAGE, ...(cursor === null ? {} : { cursor }) },
          signal,
        });
      for (const facts of page.jobs) jobs.push(new RemoteJob(this.#remote, facts));
      cursor = page.next;
    } while (cursor !== null);
    return enumeratorOf(jobs);
  }

  async getErrorDescription(hresult: number): Promise<string> {
    if (Number.isInteger(hresult) && hresult < 0 && hresult >= -0x8000_0000)
      return describeHresult(hresult);
    return describeHresult(checkUnsigned32(hresult, 'hresult'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

function unknownJob(id: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('DO_E_JOB_NOT_FOUND', `There is no job ${describe(id)}.`);
}
