import { DODownloadProperty } from '../core/constants.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import type {
  DO_DOWNLOAD_ENUM_CATEGORY,
  IDODownload,
  IDOManager,
} from '../core/interfaces/download.ts';
import type { IEnumerator } from '../core/interfaces/enumerator.ts';
import { describe, invalidArgument } from '../core/validate/arguments.ts';
import { RemoteDownload } from './download.ts';
import { enumeratorOf } from '../core/objects/enumerator.ts';
import type { Answer, DownloadResource } from '../rest/contract.ts';
import type { Remote } from './remote.ts';

const FILTER_PROPERTIES: readonly unknown[] = [
  DODownloadProperty.Id,
  DODownloadProperty.Uri,
  DODownloadProperty.ContentId,
  DODownloadProperty.DisplayName,
  DODownloadProperty.LocalPath,
];

/** Characters of a value to look for, by the contract; nothing that is stored is longer but a path. */
const MAX_VALUE_CHARACTERS = 8_192;

/** Downloads that are asked for at once. */
const DOWNLOADS_A_PAGE = 1_000;

/** IDOManager, on a service in another process. */
export class DownloadManager implements IDOManager {
  readonly #remote: Remote;

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  async createDownload(): Promise<IDODownload> {
    const { rest, signal } = this.#remote;
    signal.throwIfAborted();
    return new RemoteDownload(
      this.#remote,
      await rest.call('createDownload', { body: {}, signal }),
    );
  }

  async enumDownloads(
    category?: DO_DOWNLOAD_ENUM_CATEGORY | null,
  ): Promise<IEnumerator<IDODownload>> {
    const { rest, signal } = this.#remote;
    signal.throwIfAborted();
    const query = queryOf(category);
    const downloads: DownloadResource[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: Answer<'listDownloads'> = await rest.call('listDownloads', {
        query: { ...query, limit: DOWNLOADS_A_PAGE, ...(cursor === undefined ? {} : { cursor }) },
        signal,
      });
      downloads.push(...page.downloads);
      cursor = page.next;
    }
    if (downloads.length === 0) {
      throw new DeliveryOptimizationError(
        'DO_E_NO_DOWNLOADS',
        category === undefined || category === null
          ? 'There are no downloads of this caller.'
          : 'No download of this caller has that property.',
      );
    }
    return enumeratorOf(downloads.map((resource) => new RemoteDownload(this.#remote, resource)));
  }
}

function queryOf(category: unknown): { property?: number; value?: string } {
  if (category === undefined || category === null) return {};
  const { property, value } = category as { property?: unknown; value?: unknown };
  if (!FILTER_PROPERTIES.includes(property)) {
    throw invalidArgument(
      `Downloads are enumerated by Id, Uri, ContentId, DisplayName or LocalPath, not by property ${describe(property)}.`,
    );
  }
  if (typeof value !== 'string')
    throw invalidArgument(`value must be a string, not ${describe(value)}.`);
  return { property: property as number, value: value.slice(0, MAX_VALUE_CHARACTERS) };
}
