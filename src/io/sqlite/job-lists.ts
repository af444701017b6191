import type { StatementSync } from 'node:sqlite';

import { BG_JOB_STATE } from '../../core/constants.ts';
import type { Job } from '../../core/job/job.ts';
import type { JobQuery, JobStore } from '../../ports/job-store.ts';
import { checkPageLimit } from './checks.ts';
import { collectRows, type Row } from './collect-rows.ts';
import type { JobRecords } from './job-records.ts';
import type { StoreSession } from './store-session.ts';

const STATES = Object.values(BG_JOB_STATE);

/** Bits of the states that are not final. */
const LIVE_STATES = 0b0_0111_1111;

/** The bits that choose a family (see `ON_PAGE`). */
const FAMILIES: Readonly<Record<JobQuery['family'], number>> = { download: 1, job: 2, both: 3 };

/** Orders beyond every one that a job can have. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER - 1;
const AFTER_ALL = Number.MAX_SAFE_INTEGER + 1;

/** The lists of jobs that are asked for, each read from an index in its order. */
export class JobLists {
  readonly #session: StoreSession;
  readonly #records: JobRecords;

  constructor(session: StoreSession, records: JobRecords) {
    this.#session = session;
    this.#records = records;
  }

  all(includeFinal: boolean): readonly Job[] {
    const { allJobs, liveJobs } = this.#session.sql;
    return this.#listing(() => this.#records.jobs(includeFinal ? allJobs : liveJobs, []));
  }

  page(query: JobQuery): readonly Job[] {
    checkPageLimit(query.limit);
    const { pageOfLive, pageOfAll, pageOfOwner } = this.#session.sql;
    return this.#listing(() => {
      const states = statesOf(query);
      if (states === 0) return [];
      const filter = [this.#seqAfter(query.afterId), states, FAMILIES[query.family]];
      const { limit, owner } = query;
      if (owner !== undefined) return this.#records.jobs(pageOfOwner, [owner, ...filter], limit);
      const live = (states & ~LIVE_STATES) === 0;
      return live
        ? this.#records.jobs(pageOfLive, filter, limit)
        : this.#records.jobs(pageOfAll, [...filter, ...filter], limit);
    });
  }

  countByState(owner: string | undefined): ReadonlyMap<BG_JOB_STATE, number> {
    const { countStates, countStatesOfOwner } = this.#session.sql;
    return this.#listing(() => {
      const rows =
        owner === undefined
          ? collectRows(countStates, [], stateCount)
          : collectRows(countStatesOfOwner, [owner], stateCount);
      const counts = new Map(rows);
      for (const state of this.#unreadableStates(owner)) {
        const count = counts.get(state);
        if (count !== undefined) counts.set(state, count - 1);
      }
      return new Map([...counts].filter(([, count]) => count > 0));
    });
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

  interrupted(includeQueued: boolean): readonly string[] {
    const { running, runningOrQueued } = this.#session.sql;
    return this.#ids(includeQueued ? runningOrQueued : running, []);
  }

  createdBefore(wallMs: number): readonly string[] {
    return this.#ids(this.#session.sql.createdBefore, [wallMs]);
  }

  undiscarded(): readonly string[] {
    return this.#ids(this.#session.sql.undiscarded, []);
  }

  /** The `seq` that a page begins after. Ids ascend with it, so one that is gone has its place too. */
  #seqAfter(id: string | undefined): number {
    if (id === undefined) return 0;
    const before = this.#session.sql.seqBeforeId;
    return this.#records.seqOf(id) ?? Number(before.get(id)?.['seq'] ?? 0);
  }

  #unreadableStates(owner: string | undefined): readonly BG_JOB_STATE[] {
    return this.#records
      .unreadable()
      .flatMap(({ jobId }) =>
        collectRows(this.#session.sql.stateOfJob, [jobId], (row) =>
          owner === undefined || row['owner'] === owner ? stateOf(row) : undefined,
        ),
      );
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

function statesOf({ states = STATES, includeFinal }: JobQuery): number {
  const bits = states.reduce((mask: number, state) => mask | (1 << state), 0);
  return includeFinal ? bits : bits & LIVE_STATES;
}

function stateCount(row: Row): readonly [BG_JOB_STATE, number] | undefined {
  const state = stateOf(row);
  return state === undefined ? undefined : [state, Number(row['jobs'])];
}

/** The state in a row; undefined for a number that is none. */
function stateOf({ state }: Row): BG_JOB_STATE | undefined {
  return STATES.find((known) => known === Number(state));
}
