import type { JobFilter, JobStore } from '../ports/job-store.ts';

/** Ids read from the store at once. */
const PAGE = 1_000;

/**
 * The ids of all jobs that a filter lets through, in order of creation, read as they are asked for.
 * What is done to the jobs on the way may change what belongs to them: none is met twice.
 */
export function* allIds(store: JobStore, filter: JobFilter): Generator<string, undefined> {
  let afterId: string | undefined;
  do {
    const page = store.pageOfIds({
      ...filter,
      limit: PAGE,
      ...(afterId === undefined ? {} : { afterId }),
    });
    yield* page;
    afterId = page.length < PAGE ? undefined : page.at(-1);
  } while (afterId !== undefined);
}
