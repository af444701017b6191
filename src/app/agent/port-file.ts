import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errorFromFileSystem } from '../../core/node-errors.ts';

/** Clients take any name with this in it, and the newest of them wins. */
const MARK = 'restport';

/**
 * Tells the clients the port, in `restport.<pid>` with one line, and takes that back when disposed of.
 *
 * Files of earlier processes are removed first: a client that met one of them alone would ask a port
 * that somebody else has by now.
 *
 * @param directory - made when it is missing, readable for everybody
 */
export async function writePortFile(
  directory: string,
  port: number,
  pid: number = process.pid,
): Promise<AsyncDisposable> {
  const path = join(directory, `${MARK}.${pid}`);
  // Under a name that clients pass over, so that nobody reads half a number.
  const draft = join(directory, `.port.${pid}.new`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const names = await readdir(directory);
    for (const name of names.filter((each) => each.includes(MARK))) {
      await rm(join(directory, name), { force: true, recursive: true });
    }
    await rm(draft, { force: true });
    await writeFile(draft, `${port}\n`, { flag: 'wx', mode: 0o444 });
    // The umask may have taken the right to read from the users whose programs look for the file.
    await chmod(draft, 0o444);
    await rename(draft, path);
  } catch (error) {
    throw errorFromFileSystem(error, `write the port file in ${directory}`, 'directory');
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}
