import { formatHresult } from '../../core/hresult.ts';
import { isDone, type Outcome, type OutcomeError } from './outcome.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { percent, arrivedLine } from './progress/progress-text.ts';

const MAX_IDS_IN_ADVICE = 4;

/** A failure on one line: the sentence, then the code by which it can be looked up. */
export function errorLine(error: Pick<OutcomeError, 'code' | 'hresult' | 'message'>): string {
  const { code, hresult, message } = error;
  return `${printable(message)} (${code} ${formatHresult(hresult)})`;
}

/**
 * The last line about a job.
 *
 * @param before - bytes that were here already when this command began
 */
export function endLine(outcome: Outcome, before: number, output: Output): string {
  const { name, error } = outcome;
  if (error !== null) return output.colors.red(`${name}: ${errorLine(error)}`);
  if (isDone(outcome))
    return arrivedLine(name, outcome.bytesTransferred, before, outcome.elapsedMs);
  return `${name}: suspended${atPercent(outcome)}`;
}

/** ` at 42%`, or nothing while the size is unknown. */
export function atPercent(outcome: {
  readonly bytesTotal: number | null | undefined;
  readonly bytesTransferred: number;
}): string {
  const { bytesTotal, bytesTransferred } = outcome;
  const shown = percent({ bytesTotal: bytesTotal ?? undefined, bytesTransferred });
  return shown === '' ? '' : ` at ${shown}`;
}

/**
 * How to go on with what is not done; undefined when all is.
 *
 * @param dataDir - the value of --data-dir, when it was given
 * @param options - what `resume` needs besides, with a blank before it
 */
export function adviceLine(
  outcomes: readonly Outcome[],
  again: string,
  dataDir: string | undefined,
  options = '',
): string | undefined {
  const left = outcomes.filter(
    ({ id, state }) => id !== null && state !== 'acknowledged' && state !== 'cancelled',
  );
  if (left.length === 0) return undefined;
  const where = dataDir === undefined ? '' : ` --data-dir ${shellWord(dataDir)}`;
  const ids = left.slice(0, MAX_IDS_IN_ADVICE).map(({ id }) => id);
  const more = left.length > ids.length ? ' …' : '';
  return `${again}haulyard${where} resume${options} ${ids.join(' ')}${more}`;
}

/** The text as one word for a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
