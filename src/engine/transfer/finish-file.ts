import { DeliveryOptimizationError, maskUrl } from '../../core/errors.ts';
import { parseHttpDate } from '../../core/http/fields.ts';
import { remoteNameInForce, startedOver } from '../../core/job/file.ts';
import type { PartialFile } from '../../ports/partial-files.ts';
import type { FollowedDigest } from './followed-digest.ts';
import type { TransferContext } from './transfer-context.ts';

const READ_BYTES = 1_048_576;

/**
 * What is left once all bytes are written and flushed: the digest, and the server's time stamp.
 *
 * Content that does not match is dropped and fetched again once, past every cache; then it is an
 * error, and no file appears.
 */
export async function finishFile(
  context: TransferContext,
  part: PartialFile,
  followed: FollowedDigest,
  signal: AbortSignal,
): Promise<void> {
  const { digest, representation, sizeBytes = 0 } = context.file();
  if (digest !== undefined && (await followed.finish(sizeBytes, signal)) !== digest.hex) {
    // Not followed, or not what is demanded: the file is dropped for nothing less than its own bytes.
    const found = await digestOf(context, part, digest.algorithm, signal);
    if (found !== digest.hex) await refuseContent(context, part, found);
  }
  // Nothing was written of an empty file, so nothing was flushed, and its name would not outlive a
  // power cut.
  if (context.file().sizeBytes === 0) await part.flush();
  const modifiedMs = parseHttpDate(representation?.lastModified ?? '');
  if (modifiedMs !== undefined) await part.setModifiedTime(modifiedMs);
}

async function digestOf(
  context: TransferContext,
  part: PartialFile,
  algorithm: 'sha-256' | 'sha-512',
  signal: AbortSignal,
): Promise<string> {
  const running = context.digester.start(algorithm);
  const size = context.file().sizeBytes ?? 0;
  let current = new Uint8Array(READ_BYTES);
  let next = new Uint8Array(READ_BYTES);
  let reading = part.read(current, 0);
  try {
    for (let position = 0; position < size;) {
      signal.throwIfAborted();
      const bytes = await reading;
      if (bytes === 0) break;
      position += bytes;
      // The next stretch is read while this one is hashed.
      if (position < size) reading = part.read(next, position);
      running.update(current.subarray(0, bytes));
      [current, next] = [next, current];
    }
    return running.hex();
  } finally {
    // However it ends, the file is about to be closed; a read that is called off has nothing to say.
    await reading.catch(() => {});
  }
}

async function refuseContent(
  context: TransferContext,
  part: PartialFile,
  found: string,
): Promise<never> {
  const { attempts } = context;
  const file = context.file();
  attempts.mismatches += 1;
  attempts.noCache = true;
  context.update(startedOver(file), false);
  context.checkpoint('flushed');
  await part.truncate(0);
  throw new DeliveryOptimizationError(
    'DO_E_BAD_PIECE_HASH',
    `The content of ${maskUrl(remoteNameInForce(file))} has the ${file.digest?.algorithm} digest ${found}, not ${file.digest?.hex} as demanded.`,
    {
      failureClass: attempts.mismatches > 1 ? 'fatal' : 'transient',
      url: remoteNameInForce(file),
    },
  );
}
