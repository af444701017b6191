import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs curl and returns what it wrote; rejects with its complaint when it fails. */
export async function curl(args: readonly string[]): Promise<string> {
  return (await run('curl', args)).stdout;
}
