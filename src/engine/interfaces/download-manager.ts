import { BG_JOB_PRIORITY, BG_JOB_TYPE } from '../../core/constants.ts';
import { NEW_DOWNLOAD } from '../../core/download/record.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type {
  DO_DOWNLOAD_ENUM_CATEGORY,
  IDODownload,
  IDOManager,
} from '../../core/interfaces/download.ts';
import type { IEnumerator } from '../../core/interfaces/enumerator.ts';
import { FILTER_PROPERTIES, hasProperty, unfinishedDownloads } from '../download/find-downloads.ts';
import type { Engine } from '../engine.ts';
import { checkString, describe, invalidArgument } from '../../core/validate/arguments.ts';
import { DODownload } from './download.ts';
import { Enumerator } from '../../core/objects/enumerator.ts';

/** IDOManager for one caller, on the engine of this process. */
export class DOManager implements IDOManager {
  readonly #engine: Engine;
  readonly #owner: string;

  /** @param owner - the caller's user name: new downloads are theirs, and only theirs are listed */
  constructor(engine: Engine, owner: string) {
    this.#engine = engine;
    this.#owner = owner;
  }

  async createDownload(): Promise<IDODownload> {
    this.#engine.assertOpen();
    const live = await this.#engine.createJob({
      displayName: '',
      type: BG_JOB_TYPE.DOWNLOAD,
      priority: BG_JOB_PRIORITY.NORMAL,
      owner: this.#owner,
      download: NEW_DOWNLOAD,
    });
    return new DODownload(this.#engine, live);
  }

  async enumDownloads(
    category?: DO_DOWNLOAD_ENUM_CATEGORY | null,
  ): Promise<IEnumerator<IDODownload>> {
    this.#engine.assertOpen();
    const filter = checkCategory(category);
    const found: string[] = [];
    for (const job of unfinishedDownloads(this.#engine.ports.store, this.#owner)) {
      if (filter !== undefined && !hasProperty(job, filter.property, filter.value)) continue;
      found.push(job.id);
    }
    if (found.length > 0) {
      return new Enumerator(found.length, (index) => {
        const live = this.#engine.jobs.find(found[index]!);
        return live === undefined ? undefined : new DODownload(this.#engine, live);
      });
    }
    throw new DeliveryOptimizationError(
      'DO_E_NO_DOWNLOADS',
      filter === undefined
        ? 'There are no downloads of this caller.'
        : 'No download of this caller has that property.',
    );
  }
}

/** Throws E_INVALIDARG for a property that downloads are not enumerated by. */
export function checkCategory(category: unknown): DO_DOWNLOAD_ENUM_CATEGORY | undefined {
  if (category === undefined || category === null) return undefined;
  const { property, value } = category as Partial<DO_DOWNLOAD_ENUM_CATEGORY>;
  const known = FILTER_PROPERTIES.find((id) => id === property);
  if (known === undefined) {
    throw invalidArgument(
      `Downloads are enumerated by Id, Uri, ContentId, DisplayName or LocalPath, not by property ${describe(property)}.`,
    );
  }
  return { property: known, value: checkString(value, 'value') };
}
