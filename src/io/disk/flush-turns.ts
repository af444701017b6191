/**
 * Flushes at once over the whole process. Node does file work on four threads unless told, and a
 * flush holds one for as long as the disk takes: the last thread is left to those who open, write
 * and read, and to look-ups of names.
 */
const MAX_FLUSHES = 3;

const waiting: (() => void)[] = [];
let free = MAX_FLUSHES;

/** Runs a flush when it is its turn: first come, first served. */
export async function inTurn(flush: () => Promise<void>): Promise<void> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    await flush();
  } finally {
    const next = waiting.shift();
    // The turn goes straight to who waits, so nobody can slip in between.
    if (next === undefined) free += 1;
    else next();
  }
}
