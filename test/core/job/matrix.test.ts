import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BG_JOB_STATE, BG_NOTIFY } from '../../../src/core/constants.ts';
import { applyCall } from '../../../src/core/job/calls.ts';
import { applyEvent } from '../../../src/core/job/events.ts';
import type { TransferFailure } from '../../../src/core/job/failure.ts';
import type { Job } from '../../../src/core/job/job.ts';
import type { Effect, Step } from '../../../src/core/job/step.ts';
import { MADE_MS, moment, WALL_MS } from './fixtures.ts';
import { CALLS, EVENTS, STATES, type Cell, type Input, type Row } from './matrix-table.ts';

/** Every bit alone, none, the default, all that have an effect, and all with DISABLE. */
const MASKS = [0, 0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x3, 0x1b, 0x3b, 0x3f];

/**
 * Cells in which the code does something else because the specification contradicts itself. Each
 * names the row, the states and the two readings; the walker leaves them out.
 */
const KNOWN_DIFFERENCES: readonly {
  readonly row: string;
  readonly states: readonly string[];
  readonly why: string;
}[] = [
  {
    row: 'process crash, then restart',
    states: ['CONNECTING', 'TRANSFERRING', 'TRANSIENT_ERROR'],
    why: 'section 0 lets a change of state set ModificationTime, section 10 lets the times survive a restart',
  },
];

interface Expectation {
  readonly refusal: string | undefined;
  readonly state: BG_JOB_STATE;
  /** In order, before the mask is applied. */
  readonly notifications: readonly string[];
  readonly touched: boolean;
}

const ARROWS: Readonly<Record<string, BG_JOB_STATE>> = {
  '→S': BG_JOB_STATE.SUSPENDED,
  '→Q': BG_JOB_STATE.QUEUED,
  '→T': BG_JOB_STATE.TRANSFERRING,
  '→TE': BG_JOB_STATE.TRANSIENT_ERROR,
  '→E': BG_JOB_STATE.ERROR,
  '→X': BG_JOB_STATE.TRANSFERRED,
  '→A': BG_JOB_STATE.ACKNOWLEDGED,
  '→C': BG_JOB_STATE.CANCELLED,
};

const BITS: Readonly<Record<string, number>> = {
  nM: BG_NOTIFY.JOB_MODIFICATION,
  nX: BG_NOTIFY.JOB_TRANSFERRED,
  nE: BG_NOTIFY.JOB_ERROR,
  nF: BG_NOTIFY.FILE_TRANSFERRED,
};

const NAMES: Readonly<Record<string, string>> = {
  modification: 'nM',
  transferred: 'nX',
  error: 'nE',
  fileTransferred: 'nF',
};

/** Undefined when the cell cannot occur. */
function parseCell(cell: Cell, variant: string, from: BG_JOB_STATE): Expectation | undefined {
  const text = typeof cell === 'string' ? cell : cell[variant];
  assert.ok(text !== undefined, `the table has no line for "${variant}"`);
  if (text === '–') return undefined;
  const [first, ...rest] = text.split(' ');
  const stays = { state: from, notifications: [], touched: false };
  if (first === '✗') return { ...stays, refusal: 'DO_E_INVALID_STATE' };
  if (first!.startsWith('DO_E_')) return { ...stays, refusal: first };
  const state = first === '=' ? from : ARROWS[first!];
  assert.ok(state !== undefined, `the table has a cell that says "${text}"`);
  return {
    refusal: undefined,
    state,
    notifications: rest.filter((word) => word !== '*'),
    touched: rest.length > 0 || first !== '=',
  };
}

interface Outcome {
  readonly refusal: string | undefined;
  readonly job: Job;
  readonly effects: readonly Effect[];
}

function apply(job: Job, input: Input): Step {
  return 'call' in input ? applyCall(job, input, moment()) : applyEvent(job, input, moment());
}

/** The steps of a row one after another, as far as they are not refused. */
function perform(job: Job, steps: readonly Input[]): Outcome {
  let current = job;
  const effects: Effect[] = [];
  for (const input of steps) {
    const step = apply(current, input);
    if (step.kind === 'refused') return { refusal: step.code, job: current, effects };
    current = step.job;
    effects.push(...step.effects);
  }
  return { refusal: undefined, job: current, effects };
}

/** GetError after a step: section 5, by the states before and after. */
function errorAfter(
  row: Row,
  before: Job,
  state: BG_JOB_STATE,
): TransferFailure['code'] | undefined {
  const had = before.trouble?.reported === true ? before.trouble.failure.code : undefined;
  // "After a restart of the host: UNAVAILABLE, also in E."
  if (row.steps.some((step) => 'event' in step && step.event === 'recovered')) {
    return isFinal(before.state) ? had : undefined;
  }
  switch (state) {
    case BG_JOB_STATE.CONNECTING:
    case BG_JOB_STATE.TRANSFERRING:
    case BG_JOB_STATE.TRANSFERRED:
    case BG_JOB_STATE.ACKNOWLEDGED:
    case BG_JOB_STATE.CANCELLED:
      return undefined;
    case BG_JOB_STATE.ERROR:
    case BG_JOB_STATE.TRANSIENT_ERROR:
      return before.state === state ? had : row.failure?.code;
    case BG_JOB_STATE.SUSPENDED:
    case BG_JOB_STATE.QUEUED:
      return had;
  }
}

function isFinal(state: BG_JOB_STATE): boolean {
  return state === BG_JOB_STATE.ACKNOWLEDGED || state === BG_JOB_STATE.CANCELLED;
}

function holdsSlot(state: BG_JOB_STATE): boolean {
  return state === BG_JOB_STATE.CONNECTING || state === BG_JOB_STATE.TRANSFERRING;
}

/** What the engine must be told to do, whatever the row: sections 2 and 3. */
function assertSideEffects(before: Job, { job, effects }: Outcome): void {
  const kinds = new Set(effects.map((effect) => effect.kind));
  const recovered = job.state === BG_JOB_STATE.QUEUED && !kinds.has('stop');
  if (before.state === job.state) {
    assert.ok(!kinds.has('discard') && !kinds.has('release'), 'nothing is deleted or let go');
    return;
  }
  // After a restart there is no transfer to stop.
  if (holdsSlot(before.state) && !holdsSlot(job.state) && !recovered) {
    assert.ok(kinds.has('stop'), 'the transfer is stopped');
  }
  if (holdsSlot(before.state) || job.state === BG_JOB_STATE.QUEUED) {
    assert.ok(holdsSlot(job.state) || kinds.has('schedule'), 'the schedule is decided anew');
  }
  assert.equal(kinds.has('discard'), isFinal(job.state), 'the end of a job deletes partial files');
  assert.equal(kinds.has('release'), isFinal(job.state), 'the end of a job releases the callback');
}

function told(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.kind === 'notify' ? [NAMES[effect.event]!] : []));
}

function audible(notifications: readonly string[], mask: number): string[] {
  if ((mask & BG_NOTIFY.DISABLE) !== 0) return [];
  return notifications.filter((name) => (mask & BITS[name]!) !== 0);
}

function walkCell(row: Row, before: Job, expected: Expectation): void {
  for (const notifyFlags of MASKS) {
    const job = { ...before, notifyFlags };
    const outcome = perform(job, row.steps);
    const where = `mask 0x${notifyFlags.toString(16)}`;
    assert.equal(outcome.refusal, expected.refusal, `${where}: refusal`);
    if (expected.refusal !== undefined) {
      assert.equal(outcome.job, job, `${where}: a refused call changes nothing`);
      assert.deepEqual(outcome.effects, [], `${where}: a refused call has no effect`);
      continue;
    }
    assert.equal(outcome.job.state, expected.state, `${where}: state`);
    const notifications = audible(expected.notifications, notifyFlags);
    assert.deepEqual(told(outcome.effects), notifications, `${where}: notifications`);
    const modifiedAtMs = expected.touched ? WALL_MS : MADE_MS;
    assert.equal(outcome.job.modifiedAtMs, modifiedAtMs, `${where}: modification time`);
    const { trouble } = outcome.job;
    const error = trouble?.reported === true ? trouble.failure : undefined;
    assert.equal(error?.code, errorAfter(row, job, expected.state), `${where}: error object`);
    if (row.failure?.extendedHresult !== undefined && error?.code === row.failure.code) {
      assert.equal(error.extendedHresult, row.failure.extendedHresult, `${where}: extended code`);
    }
    assertSideEffects(job, outcome);
  }
}

let cells = 0;
let cases = 0;

for (const [title, rows] of [
  ['table A', CALLS],
  ['table B', EVENTS],
] as const) {
  for (const row of rows) {
    test(`${title}, "${row.name}": every state takes it as the table says`, async (t) => {
      for (const { name, state, column, variants } of STATES) {
        if (
          KNOWN_DIFFERENCES.some((known) => known.row === row.name && known.states.includes(name))
        ) {
          continue;
        }
        const expectations = Object.entries(variants).flatMap(([variant, job]) => {
          const expected = parseCell(row.cells[column], variant, state);
          return expected === undefined ? [] : [{ variant, job: { ...job, ...row.job }, expected }];
        });
        if (expectations.length === 0) continue;
        cells += 1;
        for (const { variant, job, expected } of expectations) {
          cases += MASKS.length;
          await t.test(`${name}, ${variant}`, () => walkCell(row, job, expected));
        }
      }
    });
  }
}

test('the matrix has at least nine states times twenty-one calls', (t) => {
  const rows = CALLS.length + EVENTS.length;
  t.diagnostic(
    `matrix: ${cells} cells walked (${STATES.length} states × ${rows} rows: ${CALLS.length} calls, ${EVENTS.length} events; cells that cannot occur left out), ${cases} cases with every history and ${MASKS.length} notify masks`,
  );
  assert.equal(STATES.length, 9);
  assert.deepEqual(
    STATES.map(({ state }) => state).sort((a, b) => a - b),
    Object.values(BG_JOB_STATE).sort((a, b) => a - b),
  );
  assert.ok(CALLS.length >= 21);
  assert.ok(cells >= 9 * 21);
  for (const known of KNOWN_DIFFERENCES) {
    assert.ok(
      [...CALLS, ...EVENTS].some(({ name }) => name === known.row),
      known.why,
    );
  }
});
