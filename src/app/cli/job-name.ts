import type { FileDigest } from '../../core/job/file.ts';
import { MAX_DISPLAY_NAME_CHARACTERS } from '../../core/limits.ts';
import { shortened } from './printable.ts';

const DIGEST = / (sha-256|sha-512)=([0-9a-f]{64,128})$/;

/**
 * The display name of a job that `get` makes: the file's name, and the checksum its content is held
 * to. No call tells a job's checksum, and one that was made under another must not be taken up.
 */
export function jobName(fileName: string, digest: FileDigest | undefined): string {
  const suffix = digest === undefined ? '' : ` ${digest.algorithm}=${digest.hex}`;
  return shortened(fileName, MAX_DISPLAY_NAME_CHARACTERS / 2 - 20) + suffix;
}

/** What a display name says of the checksum; undefined when it says nothing. */
export function digestInName(displayName: string): FileDigest | undefined {
  const [, algorithm, hex] = DIGEST.exec(displayName) ?? [];
  if (hex === undefined) return undefined;
  return { algorithm: algorithm === 'sha-512' ? 'sha-512' : 'sha-256', hex };
}

/** A display name without its checksum, for people. */
export function shortName(displayName: string): string {
  return displayName.replace(DIGEST, '');
}
