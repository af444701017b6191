import { isFinal, stateName } from '../core/job/step.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import type { JobResource } from '../rest/contract.ts';
import { stateOf } from './names.ts';
import { isUnknownJob, type Remote } from './remote.ts';

/**
 * A job as one object and its files know it. What is asked for is fetched, until the job is final:
 * nothing of it changes then, and it answers with its last values even when the service has
 * forgotten it.
 */
export class JobHandle {
  readonly remote: Remote;
  readonly id: string;
  #last: JobResource;

  constructor(remote: Remote, facts: JobResource) {
    this.remote = remote;
    this.id = facts.id;
    this.#last = facts;
  }

  /** Whether the job was final when it was last heard of. */
  get final(): boolean {
    return isFinal(stateOf(this.#last.state));
  }

  /** The job as it is now. */
  async facts(): Promise<JobResource> {
    const { rest, signal } = this.remote;
    signal.throwIfAborted();
    if (this.final) return this.#last;
    return this.note(await rest.call('getJob', { params: { id: this.id }, signal }));
  }

  /** Keeps what an answer said of the job. */
  note(facts: JobResource): JobResource {
    // An older answer may come in after one that says the job has ended.
    if (!this.final) this.#last = facts;
    return this.#last;
  }

  /** Runs a call that changes the job. */
  async change<Result>(call: string, task: () => Promise<Result>): Promise<Result> {
    this.remote.signal.throwIfAborted();
    try {
      return await task();
    } catch (error) {
      if (isUnknownJob(error) && this.final) throw this.refusal(call);
      throw error;
    }
  }

  /** For arguments that are judged here: the state of the job comes before them. */
  async assertChangeable(call: string): Promise<void> {
    await this.facts();
    if (this.final) throw this.refusal(call);
  }

  /** DO_E_INVALID_STATE for a call that a final job does not take. */
  refusal(call: string): DeliveryOptimizationError {
    const state = stateName(stateOf(this.#last.state));
    return new DeliveryOptimizationError(
      'DO_E_INVALID_STATE',
      `${call} is not allowed: job ${this.id} is ${state}.`,
    );
  }
}
