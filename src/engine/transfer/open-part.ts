import { unexpected } from '../../core/errors.ts';
import { resumeCondition } from '../../core/http/representation.ts';
import { remoteNameInForce, startedOver, type JobFile } from '../../core/job/file.ts';
import { clip, covers, setSize } from '../../core/piece/interval-set.ts';
import type { PartialFile } from '../../ports/partial-files.ts';
import type { TransferContext } from './transfer-context.ts';

/**
 * Opens the partial file of a transfer, and brings the record in line with it: no more is trusted
 * than is recorded and really there, and nothing where nothing could vouch for it. The record is
 * emptied before the file is.
 */
export async function openPart(context: TransferContext): Promise<PartialFile> {
  const { partials } = context;
  const id = context.partialId();
  const kept = isResumable(context) ? await partials.open(id, true) : undefined;
  if (kept === undefined) return createPart(context);
  return prepared(kept, () => {
    const file = context.file();
    const written = clip(file.written, kept.lengthBytes);
    if (setSize(written) === setSize(file.written)) return;
    const flushed = clip(file.flushed, kept.lengthBytes);
    context.update({ ...file, written, flushed }, false);
    if (setSize(flushed) !== setSize(file.flushed)) context.checkpoint('flushed');
  });
}

async function createPart(context: TransferContext): Promise<PartialFile> {
  const file = context.file();
  const isRecorded = file.representation !== undefined || file.written.length > 0;
  if (isRecorded) {
    context.update(startedOver(file), false);
    context.checkpoint('flushed');
  }
  const created = await context.partials.open(context.partialId(), false);
  if (created === undefined) throw unexpected('A partial file was neither opened nor refused.');
  return prepared(created, async () => {
    if (created.lengthBytes === 0) return;
    // The store may say more than is known here: an earlier attempt to say less can have failed.
    if (!isRecorded) context.checkpoint('flushed');
    await created.truncate(0);
  });
}

/** The open file once the work on it is done; closed when that fails. */
async function prepared(part: PartialFile, work: () => void | Promise<void>): Promise<PartialFile> {
  try {
    await work();
    return part;
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
}

function isResumable(context: TransferContext): boolean {
  const file: JobFile = context.file();
  if (context.attempts.distrusted) {
    context.attempts.distrusted = false;
    return false;
  }
  if (file.written.length === 0 || file.representation === undefined) return false;
  if (covers(file.written, 0, file.sizeBytes ?? Infinity)) return true;
  const condition = resumeCondition(
    file.representation,
    remoteNameInForce(file),
    context.attempts.restarts,
  );
  return condition.kind !== 'none';
}
