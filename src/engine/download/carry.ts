import { DODownloadProperty } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import { parseCustomHeaders } from '../../core/http/custom-headers.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import type { Credentials, TransferContext } from '../transfer/transfer-context.ts';
import type { CarriedTransfer } from './download-memory.ts';
import { memoryOf } from './memory-of.ts';
import { AUTH_HEADERS_SECRET } from './secrets.ts';

/** Runs the transfer of a job's file, and for a stream download takes the bytes where they belong. */
export async function carry(
  live: LiveJob,
  transfer: CarriedTransfer,
  signal: AbortSignal,
): Promise<void> {
  if (live.job.download?.streams !== true) return transfer.run(signal);
  const sink = live.download?.sink;
  if (sink !== undefined) return sink.carry(transfer, signal);
  throw new DeliveryOptimizationError(
    'DO_E_FILE_DOWNLOADSINK_UNSPECIFIED',
    `The stream of download ${live.id} is gone with the process that gave it: make a new download.`,
    { failureClass: 'fatal' },
  );
}

/** What a download's properties add to the transfer of its file; nothing for the file of a job. */
export function downloadContext(
  engine: Engine,
  live: LiveJob,
): Partial<Pick<TransferContext, 'credentials' | 'allowSecureToNonSecure' | 'answered'>> {
  const { download } = live.job;
  if (download === undefined) return {};
  const memory = memoryOf(live);
  memory.credentials ??= loadCredentials(engine, live);
  const { HttpAllowSecureToNonSecureRedirect } = DODownloadProperty;
  return {
    ...(memory.credentials === undefined ? {} : { credentials: memory.credentials }),
    allowSecureToNonSecure: download.properties[HttpAllowSecureToNonSecureRedirect] === true,
    answered: (url) => {
      memory.lastAnswer = { url };
    },
  };
}

function loadCredentials(engine: Engine, live: LiveJob): Credentials | undefined {
  const block = engine.ports.store.loadSecret(live.id, AUTH_HEADERS_SECRET);
  return block === undefined
    ? undefined
    : { headers: parseCustomHeaders(block), challenged: false };
}
