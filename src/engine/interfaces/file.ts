import {
  BITS_FILE_PROPERTY_ID,
  BG_LENGTH_TO_EOF,
  DO_UNKNOWN_FILE_SIZE,
  DOFilePropertyId,
} from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import { checkRemoteUrl } from '../../core/http/url.ts';
import type {
  BG_FILE_PROGRESS,
  BG_FILE_RANGE,
  DOSwarmStats,
  IBackgroundCopyFile,
} from '../../core/interfaces/file.ts';
import { bytesTransferred, remoteNameInForce, type JobFile } from '../../core/job/file.ts';
import type { Engine } from '../engine.ts';
import { setFileProperty, setRemoteName } from '../file-calls.ts';
import type { LiveJob } from '../live-job.ts';
import { checkString, describe } from '../../core/validate/arguments.ts';
import { swarmStatsOf } from './swarm-stats.ts';

/** IBackgroundCopyFile and its companions, on the engine of this process. */
export class BackgroundCopyFile implements IBackgroundCopyFile {
  readonly #engine: Engine;
  readonly #live: LiveJob;
  readonly #index: number;

  constructor(engine: Engine, live: LiveJob, index: number) {
    this.#engine = engine;
    this.#live = live;
    this.#index = index;
  }

  async getRemoteName(): Promise<string> {
    return remoteNameInForce(this.#file());
  }

  async getLocalName(): Promise<string> {
    return this.#file().localName ?? notSet('The local name');
  }

  async getProgress(): Promise<BG_FILE_PROGRESS> {
    const file = this.#file();
    return {
      bytesTotal: file.sizeBytes ?? DO_UNKNOWN_FILE_SIZE,
      bytesTransferred: bytesTransferred(file),
      completed: file.published,
    };
  }

  async getFileRanges(): Promise<readonly BG_FILE_RANGE[]> {
    return this.#file().ranges.map(({ offset, length }) => ({
      initialOffset: offset,
      length: length ?? BG_LENGTH_TO_EOF,
    }));
  }

  async setRemoteName(url: string): Promise<void> {
    this.#engine.assertOpen();
    await this.#engine.operate(this.#live, () => {
      setRemoteName(this.#engine, this.#live, this.#index, () =>
        checkRemoteUrl(checkString(url, 'url')),
      );
    });
  }

  async getProperty(id: number): Promise<string> {
    if (id !== BITS_FILE_PROPERTY_ID.HTTP_RESPONSE_HEADERS) throw unknownProperty(id);
    return this.#file().responseHeaders ?? notSet('HTTP_RESPONSE_HEADERS');
  }

  async setProperty(id: number, _value: unknown): Promise<void> {
    if (id !== BITS_FILE_PROPERTY_ID.HTTP_RESPONSE_HEADERS) throw unknownProperty(id);
    throw new DeliveryOptimizationError(
      'DO_E_READ_ONLY_PROPERTY',
      'HTTP_RESPONSE_HEADERS cannot be set.',
    );
  }

  async getStats(): Promise<DOSwarmStats> {
    return swarmStatsOf(this.#live, this.#file());
  }

  async getDOProperty(id: number): Promise<string | number | boolean> {
    const file = this.#file();
    switch (id) {
      case DOFilePropertyId.DownloadSinkFilePath:
        return file.localName ?? notSet('DownloadSinkFilePath');
      case DOFilePropertyId.TotalSizeBytes:
        return file.representation?.sizeBytes ?? file.expectedSizeBytes ?? notSet('TotalSizeBytes');
      case DOFilePropertyId.IntegrityCheckMandatory:
        return file.integrity.integrityCheckMandatory ?? notSet('IntegrityCheckMandatory');
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
    this.#engine.assertOpen();
    await this.#engine.operate(this.#live, () =>
      setFileProperty(this.#engine, this.#live, this.#index, id, value),
    );
  }

  #file(): JobFile {
    return this.#live.files[this.#index]!;
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
