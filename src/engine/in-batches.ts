import type { Engine } from './engine.ts';
import type { LiveJob } from './live-job.ts';

/** Jobs taken in one go, and stored in one transaction: some ten milliseconds. */
const BATCH_JOBS = 100;

/**
 * Does something to each of many jobs. A hundred thousand commits would take half a minute, so they
 * are taken in batches, each one commit, and between two of them everything else has its turn.
 *
 * The first batch is done with when this returns. A job that cannot be read is told of as a warning
 * and left out. Steps of `visit` must be ones that are taken whether they can be stored or not.
 *
 * @param what - completes the sentence "It was not possible to …"
 * @param visit - told a job as it is when its turn comes, which may not be as it was
 * @returns the function that ends it, wherever it is
 */
export function inBatches(
  engine: Engine,
  what: string,
  ids: readonly string[],
  visit: (live: LiveJob) => void,
): () => void {
  const { clock, store } = engine.ports;
  let cancel: () => void = () => {};
  let begin = 0;
  const batch = (): void => {
    const end = Math.min(begin + BATCH_JOBS, ids.length);
    const visitThem = (): void => {
      while (begin < end) {
        const id = ids[begin++]!;
        engine.attempt(`look at job ${id}`, () => {
          const live = engine.jobs.find(id);
          if (live !== undefined) visit(live);
        });
      }
    };
    if (begin < end) engine.attempt(what, () => store.together(visitThem));
    // Where not even a transaction begins, the steps are taken in memory alone.
    visitThem();
    if (end < ids.length) cancel = clock.after(0, batch);
  };
  batch();
  return () => cancel();
}
