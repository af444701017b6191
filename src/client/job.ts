import {
  BG_JOB_TYPE,
  BG_SIZE_UNKNOWN,
  BITS_JOB_PROPERTY_ID,
  DOJobPropertyId,
  type BG_JOB_PRIORITY,
  type BG_JOB_STATE,
} from '../core/constants.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import { toUnsigned } from '../core/hresult.ts';
import type { IEnumerator } from '../core/interfaces/enumerator.ts';
import type { IBackgroundCopyError } from '../core/interfaces/error.ts';
import type { BG_FILE_RANGE, FileOptions, IBackgroundCopyFile } from '../core/interfaces/file.ts';
import type {
  BG_FILE_INFO,
  BG_JOB_PROGRESS,
  BG_JOB_TIMES,
  IBackgroundCopyCallback,
  IBackgroundCopyJob,
  JobFailure,
} from '../core/interfaces/job.ts';
import type { Body, FileResource, JobResource } from '../rest/contract.ts';
import { describe, invalidArgument } from '../core/validate/arguments.ts';
import { checkCallback } from '../core/validate/notification-arguments.ts';
import {
  carriedFile,
  carriedHeaders,
  carriedNumber,
  carriedText,
  type FileArguments,
} from './carry.ts';
import { enumeratorOf } from '../core/objects/enumerator.ts';
import { BackgroundCopyError } from '../core/objects/error.ts';
import { failureOf } from './failure.ts';
import { RemoteFile } from './file.ts';
import { JobHandle } from './job-handle.ts';
import { priorityOf, stateOf } from './names.ts';
import type { Remote } from './remote.ts';

/** Files of one request, by the contract; a set that must be added as one cannot be larger. */
const MAX_FILES_AT_ONCE = 10_000;

/** Files of one page of the list. */
const FILES_PER_PAGE = 1_000;

type FailureResource = NonNullable<JobResource['error']>;

/** IBackgroundCopyJob and its companions, for a job of the service. */
export class RemoteJob implements IBackgroundCopyJob {
  readonly #handle: JobHandle;

  constructor(remote: Remote, facts: JobResource) {
    this.#handle = new JobHandle(remote, facts);
  }

  async addFile(
    url: string,
    localName: string,
    options?: FileOptions,
  ): Promise<IBackgroundCopyFile> {
    return this.#addOne({ url, localName, options });
  }

  async addFileSet(files: readonly BG_FILE_INFO[]): Promise<void> {
    if (!Array.isArray(files) || files.length === 0) {
      await this.#handle.assertChangeable('AddFileSet');
      throw invalidArgument('files must be an array with at least one file.');
    }
    if (files.length > MAX_FILES_AT_ONCE) {
      await this.#handle.assertChangeable('AddFileSet');
      throw invalidArgument(
        `${files.length} files; the service takes at most ${MAX_FILES_AT_ONCE} in one set.`,
      );
    }
    await this.#add(
      files.map((file: BG_FILE_INFO | null) => ({
        url: file?.remoteName,
        localName: file?.localName,
        options: file ?? undefined,
      })),
    );
  }

  async addFileWithRanges(
    fileId: string,
    url: string,
    localName: string,
    ranges?: readonly BG_FILE_RANGE[] | null,
    fileSize?: number,
  ): Promise<IBackgroundCopyFile> {
    return this.#addOne({ fileId: fileId ?? null, url, localName, ranges, fileSize });
  }

  async addFileById(
    fileId: string,
    url: string | null,
    ranges?: readonly BG_FILE_RANGE[] | null,
  ): Promise<IBackgroundCopyFile> {
    return this.#addOne({ fileId: fileId ?? null, url, ranges, withoutSink: true });
  }

  async cancel(): Promise<number> {
    return this.#end('Cancel', 'cancelJobAction');
  }

  async complete(): Promise<number> {
    return this.#end('Complete', 'completeJob');
  }

  async enumFiles(): Promise<IEnumerator<IBackgroundCopyFile>> {
    const { rest, signal } = this.#handle.remote;
    signal.throwIfAborted();
    const files: RemoteFile[] = [];
    let cursor: string | null = null;
    do {
      const page: { readonly files: readonly FileResource[]; readonly next: string | null } =
        await rest.call('listFiles', {
          params: { id: this.#handle.id },
          query: { limit: FILES_PER_PAGE, ...(cursor === null ? {} : { cursor }) },
          signal,
        });
      for (const facts of page.files) files.push(new RemoteFile(this.#handle, facts.index, facts));
      cursor = page.next;
    } while (cursor !== null);
    return enumeratorOf(files);
  }

  async getDisplayName(): Promise<string> {
    return (await this.#handle.facts()).displayName;
  }

  async getError(): Promise<IBackgroundCopyError> {
    const { error } = await this.#handle.facts();
    if (error === null) {
      throw new DeliveryOptimizationError(
        'DO_E_ERROR_INFORMATION_UNAVAILABLE',
        `Job ${this.#handle.id} has no error to report.`,
      );
    }
    return this.#error(error);
  }

  async getId(): Promise<string> {
    return this.#handle.id;
  }

  async getNoProgressTimeout(): Promise<number> {
    return (await this.#handle.facts()).noProgressTimeoutSeconds;
  }

  async getNotifyFlags(): Promise<number> {
    return (await this.#handle.facts()).notifyFlags;
  }

  async getNotifyInterface(): Promise<IBackgroundCopyCallback | null> {
    this.#handle.remote.signal.throwIfAborted();
    return this.#handle.remote.callbacks.of(this.#handle.id);
  }

  async getPriority(): Promise<BG_JOB_PRIORITY> {
    return priorityOf((await this.#handle.facts()).priority);
  }

  async getProgress(): Promise<BG_JOB_PROGRESS> {
    const { progress } = await this.#handle.facts();
    return { ...progress, bytesTotal: progress.bytesTotal ?? BG_SIZE_UNKNOWN };
  }

  async getState(): Promise<BG_JOB_STATE> {
    return stateOf((await this.#handle.facts()).state);
  }

  async getTimes(): Promise<BG_JOB_TIMES> {
    const { createdAt, modifiedAt, transferredAt } = await this.#handle.facts();
    return {
      creationTime: new Date(createdAt),
      modificationTime: new Date(modifiedAt),
      transferCompletionTime: transferredAt === null ? undefined : new Date(transferredAt),
    };
  }

  async getType(): Promise<BG_JOB_TYPE> {
    this.#handle.remote.signal.throwIfAborted();
    return BG_JOB_TYPE.DOWNLOAD;
  }

  async resume(): Promise<void> {
    await this.#act('Resume', 'resumeJob');
  }

  async setNoProgressTimeout(seconds: number): Promise<void> {
    await this.#change('SetNoProgressTimeout', {
      noProgressTimeoutSeconds: carriedNumber(seconds),
    });
  }

  async setNotifyFlags(flags: number): Promise<void> {
    const facts = await this.#change('SetNotifyFlags', { notifyFlags: carriedNumber(flags) });
    this.#handle.remote.callbacks.flagsSet(facts.id, facts.notifyFlags);
  }

  async setNotifyInterface(callback: IBackgroundCopyCallback | null): Promise<void> {
    const { signal, callbacks } = this.#handle.remote;
    signal.throwIfAborted();
    // A callback that is gone anyway may be cleared in every state.
    if (callback !== null) await this.#handle.assertChangeable('SetNotifyInterface');
    const target = {
      id: this.#handle.id,
      job: this,
      facts: () => this.#handle.facts(),
      file: (index: number) => new RemoteFile(this.#handle, index),
      error: (failure: FailureResource) => this.#error(failure),
    };
    await callbacks.register(target, checkCallback(callback));
  }

  async setPriority(priority: BG_JOB_PRIORITY): Promise<void> {
    await this.#change('SetPriority', { priority: carriedNumber(priority) });
  }

  async suspend(): Promise<void> {
    await this.#act('Suspend', 'suspendJob');
  }

  async getLastFailure(): Promise<JobFailure | null> {
    const { lastFailure } = await this.#handle.facts();
    return lastFailure === null ? null : failureOf(lastFailure);
  }

  async getProperty(id: number): Promise<number | string> {
    switch (id) {
      case BITS_JOB_PROPERTY_ID.COST_FLAGS:
        return (await this.#handle.facts()).costFlags;
      case BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID:
        return (await this.#handle.facts()).notificationClsid;
      default:
        throw unsupportedJobProperty(id);
    }
  }

  async setProperty(id: number, value: number | string): Promise<void> {
    switch (id) {
      case BITS_JOB_PROPERTY_ID.COST_FLAGS:
        await this.#change('SetProperty', { costFlags: carriedNumber(value) });
        return;
      case BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID:
        await this.#change('SetProperty', { notificationClsid: carriedText(value, 64) });
        return;
      default:
        await this.#handle.assertChangeable('SetProperty');
        throw unsupportedJobProperty(id);
    }
  }

  async getDOProperty(id: number): Promise<string> {
    if (id !== DOJobPropertyId.ExtendedErrorInfo) throw unknownJobProperty(id);
    return (await this.#handle.facts()).extendedErrorInfo;
  }

  async setDOProperty(id: number, _value: unknown): Promise<void> {
    if (id !== DOJobPropertyId.ExtendedErrorInfo) throw unknownJobProperty(id);
    throw new DeliveryOptimizationError(
      'DO_E_READ_ONLY_PROPERTY',
      'ExtendedErrorInfo cannot be set.',
    );
  }

  async setCustomHeaders(headers: string | null): Promise<void> {
    const { rest, signal } = this.#handle.remote;
    const facts = await this.#handle.change('SetCustomHeaders', () =>
      rest.call('setCustomHeaders', {
        params: { id: this.#handle.id },
        body: { headers: carriedHeaders(headers) },
        signal,
      }),
    );
    this.#handle.note(facts);
  }

  async getCustomHeaders(): Promise<string | null> {
    const { rest, signal } = this.#handle.remote;
    signal.throwIfAborted();
    const params = { id: this.#handle.id };
    return (await rest.call('getCustomHeaders', { params, signal })).headers;
  }

  #error(failure: FailureResource): BackgroundCopyError {
    const { fileIndex } = failure;
    return new BackgroundCopyError(
      failureOf(failure),
      fileIndex === undefined ? undefined : new RemoteFile(this.#handle, fileIndex),
    );
  }

  async #addOne(wanted: FileArguments): Promise<IBackgroundCopyFile> {
    const [facts] = await this.#add([wanted]);
    return new RemoteFile(this.#handle, facts!.index, facts);
  }

  async #add(wanted: readonly FileArguments[]): Promise<readonly FileResource[]> {
    const { rest, signal } = this.#handle.remote;
    const { files } = await this.#handle.change('AddFile', () =>
      rest.call('addFiles', {
        params: { id: this.#handle.id },
        body: { files: wanted.map(carriedFile) },
        signal,
      }),
    );
    return files;
  }

  async #end(call: string, route: 'cancelJobAction' | 'completeJob'): Promise<number> {
    const { rest, signal } = this.#handle.remote;
    const { hresult, job } = await this.#handle.change(call, () =>
      rest.call(route, { params: { id: this.#handle.id }, signal }),
    );
    this.#handle.note(job);
    return toUnsigned(hresult);
  }

  async #act(call: string, route: 'resumeJob' | 'suspendJob'): Promise<void> {
    const { rest, signal } = this.#handle.remote;
    const facts = await this.#handle.change(call, () =>
      rest.call(route, { params: { id: this.#handle.id }, signal }),
    );
    this.#handle.note(facts);
  }

  async #change(call: string, body: Body<'changeJob'>): Promise<JobResource> {
    const { rest, signal } = this.#handle.remote;
    const facts = await this.#handle.change(call, () =>
      rest.call('changeJob', { params: { id: this.#handle.id }, body, signal }),
    );
    this.#handle.note(facts);
    return facts;
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
