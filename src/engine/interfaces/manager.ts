import { describeHresult } from '../../core/codes.ts';
import { BG_JOB_PRIORITY, BG_JOB_TYPE } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { IEnumerator } from '../../core/interfaces/enumerator.ts';
import type { IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import type { IBackgroundCopyManager } from '../../core/interfaces/manager.ts';
import { isFinal } from '../../core/job/step.ts';
import { MAX_DISPLAY_NAME_CHARACTERS } from '../../core/limits.ts';
import type { Engine } from '../engine.ts';
import {
  checkMember,
  checkString,
  checkUnsigned32,
  describe,
  invalidArgument,
} from '../validate/arguments.ts';
import { Enumerator } from './enumerator.ts';
import { BackgroundCopyJob } from './job.ts';

/** IBackgroundCopyManager, on the engine of this process. */
export class BackgroundCopyManager implements IBackgroundCopyManager {
  readonly #engine: Engine;
  readonly #close: () => Promise<void>;

  /** @param close - closes the engine and everything it stands on */
  constructor(engine: Engine, close: () => Promise<void>) {
    this.#engine = engine;
    this.#close = close;
  }

  async createJob(displayName: string, type: BG_JOB_TYPE): Promise<IBackgroundCopyJob> {
    this.#engine.assertOpen();
    const name = checkString(displayName, 'displayName');
    if (name.length > MAX_DISPLAY_NAME_CHARACTERS) {
      throw invalidArgument(
        `displayName has ${name.length} characters; at most ${MAX_DISPLAY_NAME_CHARACTERS} are allowed.`,
      );
    }
    const live = this.#engine.createJob({
      displayName: name,
      type: checkMember(type, BG_JOB_TYPE, 'BG_JOB_TYPE'),
      priority: BG_JOB_PRIORITY.NORMAL,
    });
    return new BackgroundCopyJob(this.#engine, live);
  }

  async getJob(id: string): Promise<IBackgroundCopyJob> {
    this.#engine.assertOpen();
    const live = this.#engine.jobs.find(checkString(id, 'id').toLowerCase());
    if (live === undefined || isFinal(live.job.state)) {
      throw new DeliveryOptimizationError('DO_E_JOB_NOT_FOUND', `There is no job ${describe(id)}.`);
    }
    return new BackgroundCopyJob(this.#engine, live);
  }

  async enumJobs(): Promise<IEnumerator<IBackgroundCopyJob>> {
    this.#engine.assertOpen();
    const jobs = this.#engine.ports.store.list({ includeFinal: false });
    return new Enumerator(
      jobs.map(({ id }) => new BackgroundCopyJob(this.#engine, this.#engine.jobs.get(id))),
    );
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
