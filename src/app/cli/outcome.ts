import type { BG_JOB_STATE } from '../../core/constants.ts';
import { STATE_NAMES, type StateName } from '../../rest/resources/common.ts';
import { exitCodeOf } from './exit-code.ts';
import { EXIT } from './exit-numbers.ts';

/** What went wrong, in the form of the output with `--json`. */
export interface OutcomeError {
  readonly code: string;
  readonly hresult: number;
  readonly message: string;
  readonly extendedHresult?: number;
}

/** How a job ended as far as this command goes; `--json` prints it as it is. */
export interface Outcome {
  /** Null when no job could be made. */
  readonly id: string | null;
  readonly name: string;
  /** Null for a job of several files. */
  readonly url: string | null;
  readonly file: string | null;
  /** `acknowledged` when the files stand under their names. */
  readonly state: StateName | null;
  /** Null while a size is unknown. */
  readonly bytesTotal: number | null;
  readonly bytesTransferred: number;
  readonly filesTotal: number;
  readonly filesTransferred: number;
  /** Milliseconds of this command's own work on it. */
  readonly elapsedMs: number;
  readonly error: OutcomeError | null;
}

/** The name of a state. */
export function stateName(state: BG_JOB_STATE): StateName {
  return STATE_NAMES[state];
}

/** The state behind a name; undefined for a name that is none. */
export function stateNamed(name: string): BG_JOB_STATE | undefined {
  const state = STATE_NAMES.indexOf(name as StateName);
  return state === -1 ? undefined : (state as BG_JOB_STATE);
}

/** Whether the files of the job stand under their final names. */
export function isDone(outcome: Outcome): boolean {
  return outcome.state === 'acknowledged' && outcome.error === null;
}

/**
 * The number to exit with after these, in the order in which they ended: 0, or that of the last
 * failure as aria2 does, or 7 when something was left unfinished on request.
 */
export function exitCodeOfAll(outcomes: readonly Outcome[]): number {
  const left = outcomes.some((outcome) => outcome.error === null && !isDone(outcome));
  if (left) return EXIT.UNFINISHED;
  const last = outcomes.findLast((outcome) => outcome.error !== null);
  return last?.error ? exitCodeOf(last.error) : EXIT.OK;
}
