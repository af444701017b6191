import { describeHresult } from '../../core/codes.ts';
import { BG_JOB_PRIORITY, BG_JOB_TYPE } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { IEnumerator } from '../../core/interfaces/enumerator.ts';
import type { IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import type { IDOManager } from '../../core/interfaces/download.ts';
import type { HaulyardManager } from '../../core/interfaces/haulyard-manager.ts';
import { isFinal } from '../../core/job/step.ts';
import { createJob, type WantedJob } from '../create-job.ts';
import { allIds } from '../all-ids.ts';
import type { Engine } from '../engine.ts';
import {
  checkDisplayName,
  checkMember,
  checkString,
  checkUnsigned32,
  describe,
} from '../../core/validate/arguments.ts';
import { Enumerator } from '../../core/objects/enumerator.ts';
import { BackgroundCopyJob } from './job.ts';
import { LateDOManager } from './late-download-manager.ts';

/** IBackgroundCopyManager and, beside it, IDOManager, on the engine of this process. */
export class BackgroundCopyManager implements HaulyardManager {
  readonly downloads: IDOManager;
  readonly #engine: Engine;
  readonly #close: () => Promise<void>;

  /** @param close - closes the engine and everything it stands on */
  constructor(engine: Engine, close: () => Promise<void>) {
    this.#engine = engine;
    this.#close = close;
    this.downloads = new LateDOManager(engine, engine.settings.owner);
  }

  async createJob(displayName: string, type: BG_JOB_TYPE): Promise<IBackgroundCopyJob> {
    this.#engine.assertOpen();
    const live = await this.#engine.createJob({
      displayName: checkDisplayName(displayName),
      type: checkMember(type, BG_JOB_TYPE, 'BG_JOB_TYPE'),
      priority: BG_JOB_PRIORITY.NORMAL,
    });
    return new BackgroundCopyJob(this.#engine, live);
  }

  /**
   * A job with all it is to have, checked as the calls that would set it one after the other check
   * it, and stored in one transaction instead of one for each.
   */
  async createWholeJob(wanted: WantedJob): Promise<IBackgroundCopyJob> {
    const live = await createJob(this.#engine, wanted, this.#engine.settings.owner);
    return new BackgroundCopyJob(this.#engine, live);
  }

  async getJob(id: string): Promise<IBackgroundCopyJob> {
    this.#engine.assertOpen();
    const live = this.#engine.jobs.find(checkString(id, 'id').toLowerCase());
    const isJob = live !== undefined && live.job.download === undefined;
    if (!isJob || isFinal(live.job.state)) {
      throw new DeliveryOptimizationError('DO_E_JOB_NOT_FOUND', `There is no job ${describe(id)}.`);
    }
    return new BackgroundCopyJob(this.#engine, live);
  }

  async enumJobs(): Promise<IEnumerator<IBackgroundCopyJob>> {
    this.#engine.assertOpen();
    const { store } = this.#engine.ports;
    const ids = [...allIds(store, { includeFinal: false, family: 'job' })];
    return new Enumerator(ids.length, (index) => {
      const live = this.#engine.jobs.find(ids[index]!);
      return live === undefined ? undefined : new BackgroundCopyJob(this.#engine, live);
    });
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
