import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Ids of a user of this machine. */
export interface UserIds {
  readonly uid: number;
  /** The primary group, then all others. */
  readonly gids: readonly number[];
}

const run = promisify(execFile);

/** The ids of a user, as the system's own directory of users has them; undefined for an unknown one. */
export async function idsOf(user: string): Promise<UserIds | undefined> {
  // `id` asks whatever directory the machine uses, not only /etc/passwd.
  const ask = async (option: string): Promise<readonly number[]> => {
    const { stdout } = await run('id', [option, '--', user], { timeout: 5_000 });
    return stdout.trim().split(/\s+/).map(Number);
  };
  try {
    const [[uid], [gid], gids] = await Promise.all([ask('-u'), ask('-g'), ask('-G')]);
    if (uid === undefined || gid === undefined) return undefined;
    return { uid, gids: [gid, ...gids.filter((other) => other !== gid)] };
  } catch {
    return undefined;
  }
}
