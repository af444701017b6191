import type { Engine } from './engine.ts';
import type { LiveJob } from './live-job.ts';

/** Jobs taken in one go, and stored in one transaction: some ten milliseconds. */
const BATCH_JOBS = 100;

/** A walk through many jobs. */
export interface Walk {
  /** Whether some jobs have not been visited yet. */
  readonly active: boolean;
  /** Ends it, wherever it is. */
  end(): void;
}

/**
 * Does something to each of many jobs. A hundred thousand commits would take half a minute, so they
 * are taken in batches, each one commit, and between two of them everything else has its turn.
 *
 * The first batch is done with when this returns. A job that cannot be read is told of as a warning
 * and left out; where the list itself cannot be read on, the walk ends there with a warning. Steps of
 * `visit` must be ones that are taken whether they can be stored or not.
 *
 * @param what - completes the sentence "It was not possible to …"
 * @param ids - asked for as many as are visited, batch by batch
 * @param visit - told a job as it is when its turn comes, which may not be as it was
 * @param done - called once, when the last job has been visited
 */
export function inBatches(
  engine: Engine,
  what: string,
  ids: Iterable<string>,
  visit: (live: LiveJob) => void,
  done: () => void = () => {},
): Walk {
  const { clock } = engine.ports;
  const rest = ids[Symbol.iterator]();
  let cancel: () => void = () => {};
  let active = true;
  const take = (): readonly string[] => {
    const batch: string[] = [];
    engine.attempt(what, () => {
      while (active && batch.length < BATCH_JOBS) {
        const next = rest.next();
        if (next.done === true) active = false;
        else batch.push(next.value);
      }
    });
    if (batch.length < BATCH_JOBS) active = false;
    return batch;
  };
  const step = (): void => {
    const batch = take();
    let begin = 0;
    const visitThem = (): void => {
      while (begin < batch.length) {
        const id = batch[begin++]!;
        engine.attempt(`look at job ${id}`, () => {
          const live = engine.jobs.find(id);
          if (live !== undefined) visit(live);
        });
      }
    };
    if (batch.length > 0) engine.together(what, visitThem);
    // Where not even a transaction begins, the steps are taken in memory alone.
    visitThem();
    if (active) cancel = clock.after(0, step);
    else engine.attempt(what, done);
  };
  step();
  return {
    get active() {
      return active;
    },
    end() {
      active = false;
      cancel();
    },
  };
}
