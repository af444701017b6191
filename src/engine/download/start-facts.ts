import { DODownloadProperty } from '../../core/constants.ts';
import type { DownloadRecord } from '../../core/download/record.ts';
import { isNonVolatile } from '../../core/download/traits.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { IntegrityProperties } from '../../core/job/file.ts';
import type { FileRanges } from '../../core/piece/file-ranges.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import { memoryOf } from './memory-of.ts';
import { SECURITY_CONTEXT_SECRET } from './secrets.ts';

/** What a start needs of the properties, complete and allowed. */
export interface StartFacts {
  readonly uri: string;
  /** Absolute path that the file will have, or beside which the bytes for a stream are kept. */
  readonly localName: string;
  readonly streams: boolean;
  readonly contentId: string | undefined;
  readonly expectedSizeBytes: number | undefined;
  readonly integrity: IntegrityProperties;
}

/** Reads them, and throws what a start refuses (api.md 3.2). */
export function startFacts(
  engine: Engine,
  live: LiveJob,
  download: DownloadRecord,
  ranges: FileRanges,
): StartFacts {
  const property = (id: DODownloadProperty): string | number | boolean | undefined =>
    download.properties[id];
  const uri = property(DODownloadProperty.Uri);
  const contentId = property(DODownloadProperty.ContentId);
  if (typeof uri !== 'string') throw noUri(live, contentId !== undefined);
  assertTransportCan(engine, live, download);
  const expected = property(DODownloadProperty.TotalSizeBytes);
  const info = property(DODownloadProperty.IntegrityCheckInfo);
  const mandatory = property(DODownloadProperty.IntegrityCheckMandatory);
  return {
    uri,
    ...sinkOf(engine, live, download, ranges),
    contentId: typeof contentId === 'string' ? contentId : undefined,
    expectedSizeBytes: typeof expected === 'number' ? expected : undefined,
    integrity: {
      ...(typeof info === 'string' ? { integrityCheckInfo: info } : {}),
      ...(typeof mandatory === 'boolean' ? { integrityCheckMandatory: mandatory } : {}),
    },
  };
}

function sinkOf(
  engine: Engine,
  live: LiveJob,
  download: DownloadRecord,
  ranges: FileRanges,
): { readonly localName: string; readonly streams: boolean } {
  const { streamDirectory } = engine.settings;
  const path = download.properties[DODownloadProperty.LocalPath];
  const { stream } = memoryOf(live);
  if (stream === undefined && !download.streams) {
    if (typeof path === 'string') return { localName: path, streams: false };
    throw new DeliveryOptimizationError(
      'DO_E_FILE_DOWNLOADSINK_UNSPECIFIED',
      `Download ${live.id} has nowhere to go: set LocalPath or StreamInterface.`,
    );
  }
  if (ranges.length === 0) {
    throw new DeliveryOptimizationError(
      'DO_E_DOWNLOAD_RANGES_EXPECTED',
      'A download to a stream needs ranges; one from offset 0 to DO_LENGTH_TO_EOF is the whole file.',
    );
  }
  if (isNonVolatile(download)) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      'A stream ends with the process that gave it, so a download to one cannot be NonVolatile: set that to false.',
    );
  }
  if (streamDirectory === undefined) {
    throw new DeliveryOptimizationError(
      'E_NOTIMPL',
      'This engine has no directory for the bytes of streams: set LocalPath instead.',
    );
  }
  return { localName: `${streamDirectory}/${live.id}`, streams: true };
}

/** Refuses what would be silently ignored otherwise. */
function assertTransportCan(engine: Engine, live: LiveJob, download: DownloadRecord): void {
  const flags = download.properties[DODownloadProperty.SecurityFlags];
  if (typeof flags === 'number' && flags !== 0) {
    throw new DeliveryOptimizationError(
      'E_NOTIMPL',
      `SecurityFlags 0x${flags.toString(16)} are not offered by this version: certificates are always checked in full, without revocation. Set 0, or give the engine the certificate authority to trust.`,
    );
  }
  if (engine.ports.store.loadSecret(live.id, SECURITY_CONTEXT_SECRET) !== undefined) {
    throw new DeliveryOptimizationError(
      'E_NOTIMPL',
      'Client certificates are not offered by this version: make a download without SecurityContext.',
    );
  }
}

function noUri(live: LiveJob, hasContentId: boolean): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'DO_E_DOWNLOAD_NO_URI',
    hasContentId
      ? `Download ${live.id} has a ContentId alone, and nothing here knows where such content is: set Uri too.`
      : `Download ${live.id} has no Uri: set it before the start.`,
  );
}
