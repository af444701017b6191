import {
  BG_JOB_PRIORITY,
  BG_SIZE_UNKNOWN,
  BITS_JOB_PROPERTY_ID,
  DOJobPropertyId,
  type BG_JOB_STATE,
  type BG_JOB_TYPE,
} from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { IEnumerator } from '../../core/interfaces/enumerator.ts';
import type { IBackgroundCopyError } from '../../core/interfaces/error.ts';
import type {
  BG_FILE_RANGE,
  FileOptions,
  IBackgroundCopyFile,
} from '../../core/interfaces/file.ts';
import type {
  BG_FILE_INFO,
  BG_JOB_PROGRESS,
  BG_JOB_TIMES,
  IBackgroundCopyCallback,
  IBackgroundCopyJob,
  JobFailure,
} from '../../core/interfaces/job.ts';
import { noProgressTimeoutSeconds } from '../../core/job/clocks.ts';
import { costFlagsInForce } from '../../core/schedule/cost-flags.ts';
import { addFiles } from '../add-files.ts';
import { cancelJob, completeJob } from '../complete-job.ts';
import type { Engine } from '../engine.ts';
import { resumeJob, setCustomHeaders, setJobProperty, suspendJob } from '../job-calls.ts';
import type { LiveJob } from '../live-job.ts';
import { checkMember, checkUnsigned32, describe } from '../../core/validate/arguments.ts';
import { checkCallback, checkNotifyFlags } from '../../core/validate/notification-arguments.ts';
import type { FileArguments } from '../validate/file-arguments.ts';
import { enumeratorOf } from '../../core/objects/enumerator.ts';
import { BackgroundCopyError } from '../../core/objects/error.ts';
import { extendedErrorInfo } from './extended-error-info.ts';
import { BackgroundCopyFile } from './file.ts';
import { registerCallback } from './register-callback.ts';

/** IBackgroundCopyJob and its companions, on the engine of this process. */
export class BackgroundCopyJob implements IBackgroundCopyJob {
  readonly #engine: Engine;
  readonly #live: LiveJob;

  constructor(engine: Engine, live: LiveJob) {
    this.#engine = engine;
    this.#live = live;
  }

  async addFile(
    url: string,
    localName: string,
    options?: FileOptions,
  ): Promise<IBackgroundCopyFile> {
    return this.#add({ url, localName, options });
  }

  async addFileSet(files: readonly BG_FILE_INFO[]): Promise<void> {
    // The state comes before the arguments (api.md 2.4, row 1).
    this.#engine.assertOpen();
    this.#engine.assertChangeable(this.#live, 'AddFileSet');
    if (!Array.isArray(files) || files.length === 0) {
      throw new DeliveryOptimizationError(
        'E_INVALIDARG',
        'files must be an array with at least one file.',
      );
    }
    const wanted = files.map((file: BG_FILE_INFO | null): FileArguments => ({
      url: file?.remoteName,
      localName: file?.localName,
      options: file ?? undefined,
    }));
    await this.#run(() => addFiles(this.#engine, this.#live, wanted));
  }

  async addFileWithRanges(
    fileId: string,
    url: string,
    localName: string,
    ranges?: readonly BG_FILE_RANGE[] | null,
    fileSize?: number,
  ): Promise<IBackgroundCopyFile> {
    return this.#add({ fileId: fileId ?? null, url, localName, ranges, fileSize });
  }

  async addFileById(
    fileId: string,
    url: string | null,
    ranges?: readonly BG_FILE_RANGE[] | null,
  ): Promise<IBackgroundCopyFile> {
    return this.#add({ fileId: fileId ?? null, url, ranges, withoutSink: true });
  }

  async cancel(): Promise<number> {
    this.#engine.assertOpen();
    return cancelJob(this.#engine, this.#live);
  }

  async complete(): Promise<number> {
    this.#engine.assertOpen();
    return completeJob(this.#engine, this.#live);
  }

  async enumFiles(): Promise<IEnumerator<IBackgroundCopyFile>> {
    this.#engine.assertOpen();
    return enumeratorOf(this.#live.files.map((file) => this.#file(file.index)));
  }

  async getDisplayName(): Promise<string> {
    return this.#live.job.displayName;
  }

  async getError(): Promise<IBackgroundCopyError> {
    const { trouble } = this.#live.job;
    if (trouble === undefined || !trouble.reported) {
      throw new DeliveryOptimizationError(
        'DO_E_ERROR_INFORMATION_UNAVAILABLE',
        `Job ${this.#live.id} has no error to report.`,
      );
    }
    const { failure } = trouble;
    return new BackgroundCopyError(
      failure,
      failure.fileIndex === undefined ? undefined : this.#file(failure.fileIndex),
    );
  }

  async getId(): Promise<string> {
    return this.#live.id;
  }

  async getNoProgressTimeout(): Promise<number> {
    return noProgressTimeoutSeconds(this.#live.job);
  }

  async getNotifyFlags(): Promise<number> {
    return this.#live.job.notifyFlags;
  }

  async getNotifyInterface(): Promise<IBackgroundCopyCallback | null> {
    return this.#live.callback ?? null;
  }

  async getPriority(): Promise<BG_JOB_PRIORITY> {
    return this.#live.job.priority;
  }

  async getProgress(): Promise<BG_JOB_PROGRESS> {
    const { total, transferred, unknownSize, bytesTotal, bytesTransferred } = this.#live.counters;
    return {
      bytesTotal: unknownSize > 0 ? BG_SIZE_UNKNOWN : bytesTotal,
      bytesTransferred,
      filesTotal: total,
      filesTransferred: transferred,
    };
  }

  async getState(): Promise<BG_JOB_STATE> {
    return this.#live.job.state;
  }

  async getTimes(): Promise<BG_JOB_TIMES> {
    const { createdAtMs, modifiedAtMs, transferredAtMs } = this.#live.job;
    return {
      creationTime: new Date(createdAtMs),
      modificationTime: new Date(modifiedAtMs),
      transferCompletionTime: transferredAtMs === undefined ? undefined : new Date(transferredAtMs),
    };
  }

  async getType(): Promise<BG_JOB_TYPE> {
    return this.#live.job.type;
  }

  async resume(): Promise<void> {
    await this.#run(() => resumeJob(this.#engine, this.#live));
  }

  async setNoProgressTimeout(seconds: number): Promise<void> {
    await this.#run(() => {
      this.#engine.assertChangeable(this.#live, 'SetNoProgressTimeout');
      this.#engine.call(this.#live, {
        call: 'setNoProgressTimeout',
        seconds: checkUnsigned32(seconds, 'seconds'),
      });
    });
  }

  async setNotifyFlags(flags: number): Promise<void> {
    await this.#run(() => {
      this.#engine.assertChangeable(this.#live, 'SetNotifyFlags');
      this.#engine.call(this.#live, { call: 'setNotifyFlags', flags: checkNotifyFlags(flags) });
      // A final event that was muted since it happened is owed again.
      this.#live.notifications?.poke();
    });
  }

  async setNotifyInterface(callback: IBackgroundCopyCallback | null): Promise<void> {
    await this.#run(() => {
      this.#engine.call(this.#live, { call: 'setNotifyInterface', clears: callback === null });
      registerCallback(this.#engine, this.#live, checkCallback(callback), this);
    });
  }

  async setPriority(priority: BG_JOB_PRIORITY): Promise<void> {
    await this.#run(() => {
      this.#engine.assertChangeable(this.#live, 'SetPriority');
      this.#engine.call(this.#live, {
        call: 'setPriority',
        priority: checkMember(priority, BG_JOB_PRIORITY, 'BG_JOB_PRIORITY'),
      });
    });
  }

  async suspend(): Promise<void> {
    await this.#run(() => suspendJob(this.#engine, this.#live));
  }

  async getLastFailure(): Promise<JobFailure | null> {
    return this.#live.job.lastFailure ?? null;
  }

  async getProperty(id: number): Promise<number | string> {
    switch (id) {
      case BITS_JOB_PROPERTY_ID.COST_FLAGS:
        return costFlagsInForce(this.#live.job);
      case BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID:
        return this.#live.job.notificationClsid;
      default:
        throw unsupportedJobProperty(id);
    }
  }

  async setProperty(id: number, value: number | string): Promise<void> {
    await this.#run(() => {
      this.#engine.assertChangeable(this.#live, 'SetProperty');
      setJobProperty(this.#engine, this.#live, id, value, unsupportedJobProperty);
    });
  }

  async getDOProperty(id: number): Promise<string> {
    if (id !== DOJobPropertyId.ExtendedErrorInfo) throw unknownJobProperty(id);
    return extendedErrorInfo(this.#live);
  }

  async setDOProperty(id: number, _value: unknown): Promise<void> {
    if (id !== DOJobPropertyId.ExtendedErrorInfo) throw unknownJobProperty(id);
    throw new DeliveryOptimizationError(
      'DO_E_READ_ONLY_PROPERTY',
      'ExtendedErrorInfo cannot be set.',
    );
  }

  async setCustomHeaders(headers: string | null): Promise<void> {
    await this.#run(() => setCustomHeaders(this.#engine, this.#live, headers));
  }

  async getCustomHeaders(): Promise<string | null> {
    this.#engine.assertOpen();
    return this.#engine.ports.store.loadCustomHeaders(this.#live.id) ?? null;
  }

  async #add(wanted: FileArguments): Promise<IBackgroundCopyFile> {
    const [index] = await this.#run(() => addFiles(this.#engine, this.#live, [wanted]));
    return this.#file(index!);
  }

  #file(index: number): BackgroundCopyFile {
    return new BackgroundCopyFile(this.#engine, this.#live, index);
  }

  #run<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    this.#engine.assertOpen();
    return this.#engine.operate(this.#live, task);
  }
}

function unknownJobProperty(id: unknown): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'DO_E_UNKNOWN_PROPERTY_ID',
    `There is no job property ${describe(id)}.`,
  );
}

function unsupportedJobProperty(id: unknown): DeliveryOptimizationError {
  if (!Object.values<unknown>(BITS_JOB_PROPERTY_ID).includes(id)) return unknownJobProperty(id);
  return new DeliveryOptimizationError(
    'E_NOTIMPL',
    `Delivery Optimization does not support job property ${describe(id)}.`,
  );
}
