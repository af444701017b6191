import { createReadStream } from 'node:fs';

import { errorFromFileSystem } from '../../core/node-errors.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-numbers.ts';
import { parseUrlList, type ListEntry } from './url-list.ts';

/** A list is kept in memory; this is some hundred thousand URLs. */
const MAX_LIST_BYTES = 16_777_216;

/**
 * Reads a list of URLs from a file, or from stdin when `path` is `-`.
 *
 * @throws CommandError 28 for a list that is too long or not understood; the error of the file
 *   system when it cannot be read
 */
export async function readUrlList(path: string): Promise<readonly ListEntry[]> {
  const source = path === '-' ? 'the list on stdin' : path;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_LIST_BYTES) break;
    }
  } catch (error) {
    throw errorFromFileSystem(error, `read the list ${path}`, 'file');
  }
  if (bytes > MAX_LIST_BYTES) {
    throw new CommandError(EXIT.BAD_OPTION, `${source} is longer than ${MAX_LIST_BYTES} bytes.`);
  }
  return parseUrlList(Buffer.concat(chunks).toString(), source);
}
