import { isAbsolute } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';

/** Longest name of a file in a directory, on every file system in common use. */
const MAX_NAME_BYTES = 255;

/** Reserved, so that no job's target can be another job's partial file. */
const RESERVED_ENDING = /\.haulyard-part$/i;

const isWindows = process.platform === 'win32';
const LAST_SEPARATOR = isWindows ? /[/\\](?=[^/\\]*$)/ : /\/(?=[^/]*$)/;

/** A local name in two parts that give it back when put together. */
export interface LocalNameParts {
  /** Ends with a separator. */
  readonly directory: string;
  readonly base: string;
}

/** Takes a local name apart without changing a letter of it. */
export function splitLocalName(localName: string): LocalNameParts {
  const baseAt = localName.search(LAST_SEPARATOR) + 1;
  return { directory: localName.slice(0, baseAt), base: localName.slice(baseAt) };
}

/**
 * Checks what can be seen from the text of a local name alone (api.md 2.4, rows 4 and 5).
 *
 * @throws DeliveryOptimizationError E_INVALIDARG with the rule that was broken;
 *   ERROR_FILENAME_EXCED_RANGE for a file name of more than 255 bytes
 */
export function checkLocalName(localName: string): void {
  if (localName === '') throw invalid('The local name is empty.');
  if (localName.includes('\0')) throw invalid('The local name has a NUL character.');
  // Node would write the half of a surrogate pair as U+FFFD, and so another name than this one.
  if (!localName.isWellFormed()) throw invalid('The local name is not well-formed Unicode.');

  const shown = JSON.stringify(localName);
  if (!isAbsolute(localName)) throw invalid(`The local name ${shown} is not an absolute path.`);
  // Legal in POSIX names, but BITS refuses them anywhere in the path. `\\?\` only begins a long one.
  const wildcardAt = localName.replace(/^\\\\\?\\/, '').search(/[*?]/);
  if (wildcardAt >= 0) throw invalid(`The local name ${shown} has a wildcard.`);

  const { base } = splitLocalName(localName);
  if (base === '' || base === '.' || base === '..') {
    throw invalid(`The local name ${shown} names a directory.`);
  }
  // A colon would begin the name of a stream within a file.
  if (isWindows && /[<>:"|]/.test(base)) {
    throw invalid(`The local name ${shown} has a character that Windows does not allow.`);
  }
  if (RESERVED_ENDING.test(base)) {
    throw invalid(`The local name ${shown} has the ending of a partial file.`);
  }
  const bytes = Buffer.byteLength(base);
  if (bytes > MAX_NAME_BYTES) {
    throw new DeliveryOptimizationError(
      'ERROR_FILENAME_EXCED_RANGE',
      `The file name of the local name has ${bytes} bytes, more than ${MAX_NAME_BYTES}.`,
    );
  }
}

function invalid(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}
