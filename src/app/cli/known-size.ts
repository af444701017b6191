import { BG_SIZE_UNKNOWN } from '../../core/constants.ts';

/** Bytes, or undefined for the sentinel that stands for "not known". */
export function knownSize(bytesTotal: number): number | undefined {
  return bytesTotal === BG_SIZE_UNKNOWN ? undefined : bytesTotal;
}
