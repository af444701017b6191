import type { SQLInputValue, StatementSync } from 'node:sqlite';

import { BG_JOB_STATE } from '../../core/constants.ts';
import { isFinal } from '../../core/job/step.ts';
import type { Job } from '../../core/job/job.ts';
import type { JobFilter, JobQuery } from '../../ports/job-store.ts';
import { checkPageLimit } from './checks.ts';
import type { JobRecords } from './job-records.ts';
import { pageSql, type PageShape } from './statements.ts';
import type { StoreSession } from './store-session.ts';

/** A place after every job that there can be. */
const AFTER_ALL = Number.MAX_SAFE_INTEGER;

/** Values of `download IS NULL` for each family. */
const FAMILIES: Readonly<Record<JobFilter['family'], readonly (0 | 1)[]>> = {
  download: [0],
  job: [1],
  both: [0, 1],
};

/**
 * Pages of a list of jobs. A filter stands for some of the lists that the indexes hold, one for each
 * state and family, and a page is what comes next in all of them: what a page costs depends neither
 * on the length of the list nor on how many jobs the filter leaves out.
 */
export class JobPages {
  readonly #session: StoreSession;
  readonly #records: JobRecords;
  /** Prepared when first asked for: at most two kinds for each count of lists, twice over. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(session: StoreSession, records: JobRecords) {
    this.#session = session;
    this.#records = records;
  }

  jobs(query: JobQuery): readonly Job[] {
    return this.#page(query, 'all', (...page) => this.#records.jobs(...page));
  }

  ids(query: JobQuery): readonly string[] {
    return this.#page(query, 'id', (...page) => this.#records.ids(...page));
  }

  #page<T>(
    query: JobQuery,
    columns: 'all' | 'id',
    read: (statement: StatementSync, parameters: readonly SQLInputValue[], limit: number) => T[],
  ): T[] {
    checkPageLimit(query.limit);
    const { owner, afterId, limit, first } = query;
    const lists = statesOf(query).flatMap((state) =>
      FAMILIES[query.family].map((isJob) => [state, isJob] as const),
    );
    if (lists.length === 0) return [];
    const newestFirst = first === 'newest';
    const place = this.#placeOf(afterId, newestFirst);
    const ofOwner = owner === undefined ? [] : [owner];
    const shape = { ofOwner: owner !== undefined, newestFirst, lists: lists.length };
    return read(
      this.#statement(shape, columns),
      lists.flatMap((list) => [...ofOwner, ...list, place]),
      limit,
    );
  }

  #statement(shape: PageShape, columns: 'all' | 'id'): StatementSync {
    const sql = pageSql(shape, columns);
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#session.db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  /** The `seq` that a page begins beyond. Ids ascend with it, so one that is gone has its place too. */
  #placeOf(id: string | undefined, newestFirst: boolean): number {
    const beforeFirst = newestFirst ? AFTER_ALL : 0;
    if (id === undefined) return beforeFirst;
    const { seqBeforeId, seqAfterId } = this.#session.sql;
    const neighbour = newestFirst ? seqAfterId : seqBeforeId;
    return this.#records.seqOf(id) ?? Number(neighbour.get(id)?.['seq'] ?? beforeFirst);
  }
}

/** The states that a filter lets through, each once. */
export function statesOf({ states, includeFinal }: JobFilter): readonly BG_JOB_STATE[] {
  return Object.values(BG_JOB_STATE).filter(
    (state) => (includeFinal || !isFinal(state)) && (states?.includes(state) ?? true),
  );
}
