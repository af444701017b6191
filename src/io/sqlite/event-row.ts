import type { SQLInputValue } from 'node:sqlite';

import { BG_JOB_STATE } from '../../core/constants.ts';
import type { EventKind, EventRecord, JobEventBody, NewEvent } from '../../core/facts/event.ts';
import type { Row } from './collect-rows.ts';
import { Fields } from './fields.ts';
import { failureFromJson } from './json-columns.ts';

const STATES = Object.values(BG_JOB_STATE);

/** How the body of each kind is read, and what makes it a bad one. */
const BODIES: { readonly [K in EventKind]: (fields: Fields) => JobEventBody & { kind: K } } = {
  'job.created': (fields) => ({ kind: 'job.created', displayName: fields.text('displayName') }),
  'job.changed': (fields) => ({ kind: 'job.changed', what: fields.texts('what') }),
  'job.state': (fields) => {
    const failure = fields.member('failure');
    return {
      kind: 'job.state',
      from: fields.oneOf('from', STATES),
      to: fields.oneOf('to', STATES),
      ...(failure !== undefined && { failure: failureFromJson(failure, 'body.failure') }),
    };
  },
  'file.transferred': (fields) => ({
    kind: 'file.transferred',
    fileIndex: fields.count('fileIndex'),
    fileId: fields.text('fileId'),
  }),
};

const KINDS = Object.keys(BODIES) as EventKind[];

/** The values of `addEvent`, in its order. The kind is a column of its own. */
export function eventToRow({ atMs, jobId, owner, body }: NewEvent): SQLInputValue[] {
  const { kind, ...rest } = body;
  return [atMs, jobId, owner, kind, JSON.stringify(rest)];
}

/** Throws a `BadRecord` when the row is not what {@link eventToRow} writes. */
export function eventFromRow(row: Row): EventRecord {
  const fields = new Fields(row);
  const kind = fields.oneOf('kind', KINDS);
  return {
    sequence: fields.count('sequence'),
    jobId: fields.text('job_id'),
    owner: fields.text('owner'),
    atMs: fields.integer('at_ms'),
    body: BODIES[kind](Fields.ofJson(fields.json('body'), 'body')),
  };
}
