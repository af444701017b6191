import type { StatementSync } from 'node:sqlite';

import { BG_JOB_STATE } from '../../core/constants.ts';
import type { Job } from '../../core/job/job.ts';
import type { JobFilter, JobQuery, JobStore } from '../../ports/job-store.ts';
import { collectRows, type Row } from './collect-rows.ts';
import { JobPages, statesOf } from './job-pages.ts';
import type { JobRecords } from './job-records.ts';
import type { StoreSession } from './store-session.ts';

const STATES = Object.values(BG_JOB_STATE);

/** Orders beyond every one that a job can have. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER - 1;
const AFTER_ALL = Number.MAX_SAFE_INTEGER + 1;

/** The lists of jobs that are asked for, each read from an index in its order. */
export class JobLists {
  readonly #session: StoreSession;
  readonly #records: JobRecords;
  readonly #pages: JobPages;

  constructor(session: StoreSession, records: JobRecords) {
    this.#session = session;
    this.#records = records;
    this.#pages = new JobPages(session, records);
  }

  all(includeFinal: boolean): readonly Job[] {
    const { allJobs, liveJobs } = this.#session.sql;
    return this.#listing(() => this.#records.jobs(includeFinal ? allJobs : liveJobs, []));
  }

  page(query: JobQuery): readonly Job[] {
    return this.#listing(() => this.#pages.jobs(query));
  }

  pageOfIds(query: JobQuery): readonly string[] {
    return this.#listing(() => this.#pages.ids(query));
  }

  count(filter: JobFilter): number {
    const states = statesOf(filter);
    const { family, owner } = filter;
    return this.#listing(() =>
      this.#counts(owner)
        .filter(({ state }) => states.includes(state))
        .filter(({ isJob }) => family === 'both' || isJob === (family === 'job'))
        .reduce((sum, { jobs }) => sum + jobs, 0),
    );
  }

  countByState(owner: string | undefined): ReadonlyMap<BG_JOB_STATE, number> {
    const sums = new Map<BG_JOB_STATE, number>();
    this.#listing(() => {
      for (const { state, jobs } of this.#counts(owner)) {
        sums.set(state, (sums.get(state) ?? 0) + jobs);
      }
    });
    return new Map([...sums].filter(([, sum]) => sum > 0));
  }

  queued(foreground: boolean, limit: number): readonly string[] {
    const { queuedForeground, queuedBackground } = this.#session.sql;
    return this.#ids(foreground ? queuedForeground : queuedBackground, [], limit);
  }

  queueBounds(foreground: boolean): ReturnType<JobStore['queueBounds']> {
    const { queuedAfter, queuedBefore } = this.#session.sql;
    const first = this.#place(queuedAfter, foreground, BEFORE_ALL);
    const last = this.#place(queuedBefore, foreground, AFTER_ALL);
    return first === undefined || last === undefined ? undefined : { first, last };
  }

  queueNeighbours(
    foreground: boolean,
    queueOrder: number,
  ): ReturnType<JobStore['queueNeighbours']> {
    const { queuedAfter, queuedBefore } = this.#session.sql;
    return {
      before: this.#place(queuedBefore, foreground, queueOrder),
      after: this.#place(queuedAfter, foreground, queueOrder),
    };
  }

  createdBefore(wallMs: number): readonly string[] {
    return this.#ids(this.#session.sql.createdBefore, [wallMs]);
  }

  undiscarded(): readonly string[] {
    return this.#ids(this.#session.sql.undiscarded, []);
  }

  /** What was counted, and taken from it the jobs that no list shows because they cannot be read. */
  #counts(owner: string | undefined): readonly Count[] {
    const { counts, countsOfOwner, countedAs } = this.#session.sql;
    const counted =
      owner === undefined
        ? collectRows(counts, [], countOf)
        : collectRows(countsOfOwner, [owner], countOf);
    const unreadable = this.#records
      .unreadable()
      .flatMap(({ jobId }) =>
        collectRows(countedAs, [jobId], (row) =>
          owner === undefined || row['owner'] === owner ? countOf(row) : undefined,
        ),
      );
    return [...counted, ...unreadable.map((one) => ({ ...one, jobs: -one.jobs }))];
  }

  /** The first order that the statement finds from the given one on, of a readable job. */
  #place(statement: StatementSync, foreground: boolean, order: number): number | undefined {
    const decode = (row: Row): number | undefined =>
      this.#records.readableId(row) === undefined ? undefined : Number(row['queue_order']);
    return this.#listing(() => collectRows(statement, [foreground ? 0 : 1, order], decode, 1)[0]);
  }

  #ids(statement: StatementSync, parameters: readonly number[], limit?: number): readonly string[] {
    return this.#listing(() => this.#records.ids(statement, parameters, limit));
  }

  #listing<T>(work: () => T): T {
    return this.#session.guard('list its jobs', work);
  }
}

/** Jobs of one state and family, of one owner. */
interface Count {
  readonly state: BG_JOB_STATE;
  readonly isJob: boolean;
  readonly jobs: number;
}

/** Undefined for a number that is no state. */
function countOf(row: Row): Count | undefined {
  const state = STATES.find((known) => known === Number(row['state']));
  if (state === undefined) return undefined;
  return { state, isJob: Number(row['is_job']) === 1, jobs: Number(row['jobs']) };
}
