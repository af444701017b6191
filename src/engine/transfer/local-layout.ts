import { DeliveryOptimizationError } from '../../core/errors.ts';
import { remoteNameInForce, type JobFile } from '../../core/job/file.ts';
import { layOut, type Stretch } from '../../core/piece/file-ranges.ts';
import { setSize } from '../../core/piece/interval-set.ts';
import type { TransferContext } from './transfer-context.ts';

/** How the local file is made of the remote one; DO_E_INVALID_RANGE when a range lies beyond it. */
export function localLayout(file: JobFile, remoteSize: number): readonly Stretch[] {
  const layout = layOut(file.ranges, remoteSize);
  if (!('kind' in layout)) return layout;
  throw new DeliveryOptimizationError(
    'DO_E_INVALID_RANGE',
    `The range that begins at ${layout.offset} does not lie within the remote file of ${remoteSize} bytes.`,
    { failureClass: 'fatal', url: remoteNameInForce(file) },
  );
}

/** Bytes of the local file that a layout makes. */
export function localSize(layout: readonly Stretch[]): number {
  return layout.at(-1)?.local.end ?? 0;
}

/** What needs no more than this finds out by writing it, and costs no look at the volume. */
const UNASKED_BYTES = 1_048_576;

/** ERROR_DISK_FULL when what is still missing of a file does not fit on its volume. */
export async function assertRoom(context: TransferContext, sizeBytes: number): Promise<void> {
  const missing = sizeBytes - setSize(context.file().written);
  if (missing <= UNASKED_BYTES) return;
  const { localName } = context.partialId();
  const free = await context.partials.freeSpace(localName);
  if (missing <= free) return;
  throw new DeliveryOptimizationError(
    'ERROR_DISK_FULL',
    `${missing} bytes are needed for ${localName} and ${free} are free. Free some space and resume the job.`,
  );
}
