import {
  BG_LENGTH_TO_EOF,
  BITS_FILE_PROPERTY_ID,
  DO_UNKNOWN_FILE_SIZE,
  DOFilePropertyId,
  type DOWNLOAD_MODE,
  type SWARM_STATUS,
} from '../core/constants.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import type {
  BG_FILE_PROGRESS,
  BG_FILE_RANGE,
  DOSwarmStats,
  IBackgroundCopyFile,
} from '../core/interfaces/file.ts';
import type { FileResource } from '../rest/contract.ts';
import { describe } from '../core/validate/arguments.ts';
import { carriedProperty, carriedUrl } from './carry.ts';
import type { JobHandle } from './job-handle.ts';
import { isUnknownJob } from './remote.ts';

/** IBackgroundCopyFile and its companions, for a file of a job of the service. */
export class RemoteFile implements IBackgroundCopyFile {
  readonly #job: JobHandle;
  readonly #index: number;
  #last: FileResource | undefined;
  /** The last values were fetched from a job that was final: they do not change any more. */
  #settled = false;

  constructor(job: JobHandle, index: number, facts?: FileResource) {
    this.#job = job;
    this.#index = index;
    this.#last = facts;
  }

  async getRemoteName(): Promise<string> {
    return (await this.#facts()).remoteName;
  }

  async getLocalName(): Promise<string> {
    return (await this.#facts()).localName ?? notSet('The local name');
  }

  async getProgress(): Promise<BG_FILE_PROGRESS> {
    const { sizeBytes, bytesTransferred, completed } = await this.#facts();
    return { bytesTotal: sizeBytes ?? DO_UNKNOWN_FILE_SIZE, bytesTransferred, completed };
  }

  async getFileRanges(): Promise<readonly BG_FILE_RANGE[]> {
    const { ranges } = await this.#facts();
    return ranges.map(({ offset, length }) => ({
      initialOffset: offset,
      length: length ?? BG_LENGTH_TO_EOF,
    }));
  }

  async setRemoteName(url: string): Promise<void> {
    await this.#change('SetRemoteName', { remoteName: carriedUrl(url) });
  }

  async getProperty(id: number): Promise<string> {
    if (id !== BITS_FILE_PROPERTY_ID.HTTP_RESPONSE_HEADERS) throw unknownProperty(id);
    return (await this.#facts()).responseHeaders ?? notSet('HTTP_RESPONSE_HEADERS');
  }

  async setProperty(id: number, _value: unknown): Promise<void> {
    if (id !== BITS_FILE_PROPERTY_ID.HTTP_RESPONSE_HEADERS) throw unknownProperty(id);
    throw new DeliveryOptimizationError(
      'DO_E_READ_ONLY_PROPERTY',
      'HTTP_RESPONSE_HEADERS cannot be set.',
    );
  }

  async getStats(): Promise<DOSwarmStats> {
    const { stats } = await this.#facts();
    return {
      ...stats,
      downloadMode: stats.downloadMode as DOWNLOAD_MODE,
      status: stats.status as SWARM_STATUS,
    };
  }

  async getDOProperty(id: number): Promise<string | number | boolean> {
    switch (id) {
      case DOFilePropertyId.DownloadSinkFilePath:
        return (await this.#facts()).localName ?? notSet('DownloadSinkFilePath');
      case DOFilePropertyId.TotalSizeBytes:
        return (await this.#facts()).remoteSizeBytes ?? notSet('TotalSizeBytes');
      case DOFilePropertyId.IntegrityCheckMandatory:
        return (await this.#facts()).integrityCheckMandatory ?? notSet('IntegrityCheckMandatory');
      case DOFilePropertyId.DecryptionInfo:
      case DOFilePropertyId.IntegrityCheckInfo:
        throw new DeliveryOptimizationError(
          'DO_E_WRITE_ONLY_PROPERTY',
          `File property ${id} cannot be read.`,
        );
      case DOFilePropertyId.DownloadSinkInterface:
      case DOFilePropertyId.DownloadSinkMemoryStream:
        return notSet(`File property ${id}`);
      default:
        throw unknownProperty(id);
    }
  }

  async setDOProperty(id: number, value: string | number | boolean): Promise<void> {
    await this.#change('SetProperty', { properties: carriedProperty(id, value) });
  }

  async #change(
    call: string,
    body: { remoteName: string } | { properties: Record<string, string | number | boolean> },
  ): Promise<void> {
    const { rest, signal } = this.#job.remote;
    this.#last = await this.#job.change(call, () =>
      rest.call('changeFile', { params: this.#place(), body, signal }),
    );
  }

  async #facts(): Promise<FileResource> {
    const { rest, signal } = this.#job.remote;
    signal.throwIfAborted();
    const { final } = this.#job;
    if (this.#settled && this.#last !== undefined) return this.#last;
    try {
      this.#last = await rest.call('getFile', { params: this.#place(), signal });
      this.#settled = final;
    } catch (error) {
      // The service has forgotten the job: what was heard last is what there is.
      if (!isUnknownJob(error) || !final || this.#last === undefined) throw error;
    }
    return this.#last;
  }

  #place(): { id: string; index: number } {
    return { id: this.#job.id, index: this.#index };
  }
}

function notSet(what: string): never {
  throw new DeliveryOptimizationError('E_NOT_SET', `${what} has not been set yet.`);
}

function unknownProperty(id: unknown): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'DO_E_UNKNOWN_PROPERTY_ID',
    `There is no file property ${describe(id)}.`,
  );
}
