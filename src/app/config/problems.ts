import { DeliveryOptimizationError } from '../../core/errors.ts';

/** Something wrong with the configuration. */
export interface ConfigProblem {
  /** Where it stands: a file, a variable, or words such as `the command line`. */
  readonly source: string;
  /** In a file, counted from 1, where it can be told. */
  readonly line?: number | undefined;
  /** `section.key`, with the way into the value where that is a table. */
  readonly key?: string | undefined;
  /** As given, secrets hidden; absent when there is none, or when showing it would not help. */
  readonly value?: unknown;
  /** What is wrong or what is expected, to stand behind a colon. */
  readonly message: string;
}

/** Longer values are cut in messages. */
const MAX_SHOWN_CHARACTERS = 80;

/** A problem as a line for people. */
export function problemText({ source, line, key, message, ...given }: ConfigProblem): string {
  const place = line === undefined ? source : `${source}:${line}`;
  const value = 'value' in given && given.value !== undefined ? ` = ${shown(given.value)}` : '';
  return `${place}: ${key === undefined ? '' : `${key}${value}: `}${message}`;
}

/** One error for all that is wrong. */
export function problemsError(problems: readonly ConfigProblem[]): DeliveryOptimizationError {
  const lines = problems.map(problemText);
  const message =
    lines.length === 1
      ? `The configuration is not valid: ${lines.join('')}`
      : `The configuration has ${lines.length} faults:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}

/** A value in one line, cut where it is long. */
function shown(value: unknown): string {
  // JSON has no text for what TOML calls inf and nan.
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}
