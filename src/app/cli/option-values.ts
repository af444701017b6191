import { messageOf } from '../../core/errors.ts';
import { BG_JOB_PRIORITY } from '../../core/constants.ts';
import { parseCustomHeaders } from '../../core/http/custom-headers.ts';
import type { FileDigest } from '../../core/job/file.ts';
import { MAX_CONNECTIONS_PER_ORIGIN, MAX_NO_PROGRESS_TIMEOUT_SECONDS } from '../../core/limits.ts';
import { parseDuration, parseRate } from '../../core/units.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-numbers.ts';

const PRIORITIES: ReadonlyMap<string, BG_JOB_PRIORITY> = new Map<string, BG_JOB_PRIORITY>([
  ['foreground', BG_JOB_PRIORITY.FOREGROUND],
  ['high', BG_JOB_PRIORITY.HIGH],
  ['normal', BG_JOB_PRIORITY.NORMAL],
  ['low', BG_JOB_PRIORITY.LOW],
]);

const DIGEST_HEX_CHARACTERS = { 'sha-256': 64, 'sha-512': 128 } as const;

/** `-x`: 1 to 16. */
export function connectionsOption(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_CONNECTIONS_PER_ORIGIN) {
    throw bad('-x', `"${text}" is not a number from 1 to ${MAX_CONNECTIONS_PER_ORIGIN}.`);
  }
  return value;
}

/** `--limit`, in bytes per second, at least 1. */
export function limitOption(text: string): number {
  const bytesPerSecond = parsed('--limit', text, parseRate);
  if (bytesPerSecond === 0) {
    throw bad('--limit', '0 would let nothing through; leave the option out for no limit.');
  }
  return bytesPerSecond;
}

/** `--timeout`, in whole seconds, rounded up so that a short one does not become 0. */
export function timeoutOption(text: string): number {
  const seconds = Math.ceil(parsed('--timeout', text, parseDuration) / 1_000);
  if (seconds > MAX_NO_PROGRESS_TIMEOUT_SECONDS) throw bad('--timeout', `"${text}" is too long.`);
  return seconds;
}

/** `--priority`. */
export function priorityOption(text: string, option = '--priority'): BG_JOB_PRIORITY {
  const priority = PRIORITIES.get(text.toLowerCase());
  if (priority !== undefined) return priority;
  throw bad(option, `"${text}" is none of ${[...PRIORITIES.keys()].join(', ')}.`);
}

/** The name of a priority, as `--priority` takes it. */
export function priorityName(priority: BG_JOB_PRIORITY): string {
  return [...PRIORITIES].find(([, value]) => value === priority)?.[0] ?? String(priority);
}

/** `--checksum`: `sha-256=HEX` or `sha-512=HEX`. */
export function checksumOption(text: string): FileDigest {
  const [, name = '', hex = ''] = /^(sha-?\d+)[=:]([0-9a-f]+)$/i.exec(text.trim()) ?? [];
  const algorithm = name.toLowerCase().replace(/^sha-?/, 'sha-');
  if (algorithm !== 'sha-256' && algorithm !== 'sha-512') {
    throw bad('--checksum', `"${text}" is not sha-256=HEX or sha-512=HEX.`);
  }
  const characters = DIGEST_HEX_CHARACTERS[algorithm];
  if (hex.length !== characters) {
    throw bad(
      '--checksum',
      `${algorithm} has ${characters} hexadecimal digits, not ${hex.length}.`,
    );
  }
  return { algorithm, hex: hex.toLowerCase() };
}

/** All `--header` options as the engine takes them; null without any. */
export function headersOption(lines: readonly string[]): string | null {
  if (lines.length === 0) return null;
  // A line end would slip a second header past whoever wrote the command.
  if (lines.some((line) => /[\r\n]/.test(line))) throw bad('--header', 'A header is one line.');
  return parsed('--header', lines.join('\r\n'), (text) => {
    parseCustomHeaders(text);
    return text;
  });
}

function parsed<Value>(option: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    throw bad(option, messageOf(error), error);
  }
}

function bad(option: string, message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.BAD_OPTION, `${option}: ${message}`, cause);
}
