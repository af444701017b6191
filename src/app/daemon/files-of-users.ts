import { openOwnedPartialFiles } from '../../io/disk/owned-partial-files.ts';
import { openPartialFiles } from '../../io/disk/partial-files.ts';
import type { PartialFiles } from '../../ports/partial-files.ts';
import { idsOf, type UserIds } from './users.ts';

/** How long the ids of a user are believed: somebody may be taken out of a group. */
const KNOWN_FOR_MS = 60_000;

/** Users whose ids are kept at once. */
const MAX_KNOWN = 1_000;

/**
 * Partial files with the rights of each job's owner: nobody reaches through the service what he could
 * not reach himself. It needs Linux, for directories that stay the same between look and use; on
 * other systems a service puts files only where its own user wants them.
 *
 * @param own - the user the service runs as
 */
export function filesOfUsers(own: string): (owner: string) => PartialFiles {
  const files = openPartialFiles();
  const known = new Map<string, KnownUser>();
  const ask = (user: string): Promise<UserIds | undefined> => {
    if (process.platform !== 'linux') return Promise.resolve(undefined);
    const before = known.get(user);
    if (before !== undefined && performance.now() - before.atMs < KNOWN_FOR_MS) return before.ids;
    if (known.size >= MAX_KNOWN) known.clear();
    const ids = idsOf(user);
    known.set(user, { ids, atMs: performance.now() });
    return ids;
  };
  return (owner) => (owner === own ? files : openOwnedPartialFiles(owner, () => ask(owner)));
}

interface KnownUser {
  readonly ids: Promise<UserIds | undefined>;
  readonly atMs: number;
}
