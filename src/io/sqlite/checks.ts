import { DeliveryOptimizationError } from '../../core/errors.ts';
import { TRAFFIC_SOURCES, type TrafficSource } from '../../core/facts/traffic.ts';

/** Jobs on one page of a list. */
const MAX_PAGE_JOBS = 1_000;

/** Characters in the name of a note or a secret; a bound of our own. */
const MAX_NAME_CHARACTERS = 256;

/** Characters in the value of a note. */
const MAX_NOTE_CHARACTERS = 65_536;

/** The last millisecond of the year 9999: years beyond it have more than four digits. */
const MAX_WALL_MS = 253_402_300_799_999;

/** What is handed to a job store and refused when it does not fit: E_INVALIDARG, nothing is stored. */

export function checkPageLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE_JOBS) return;
  throw refused(`A page of a list has 1 to ${MAX_PAGE_JOBS} jobs, not ${limit}.`);
}

/** Names are compared as texts of SQL, which a NUL would end. */
export function checkName(what: string, name: string): void {
  const fits = name.length > 0 && name.length <= MAX_NAME_CHARACTERS;
  if (fits && name.isWellFormed() && !/\p{Cc}/u.test(name)) return;
  throw refused(
    `The name of a ${what} has 1 to ${MAX_NAME_CHARACTERS} characters, none of them a control ` +
      'character or half of a pair.',
  );
}

export function checkNote(name: string, value: string): void {
  checkName('note', name);
  if (value.length > MAX_NOTE_CHARACTERS) {
    throw refused(
      `The note ${name} has ${value.length} characters; at most ${MAX_NOTE_CHARACTERS} are kept.`,
    );
  }
  if (!isJson(value)) throw refused(`The value of the note ${name} is not JSON.`);
}

export function checkTraffic(
  source: TrafficSource,
  { down, up }: { readonly down: number; readonly up: number },
): void {
  if (!TRAFFIC_SOURCES.includes(source)) throw refused('The source of traffic is not a known one.');
  for (const bytes of [down, up]) {
    if (Number.isSafeInteger(bytes) && bytes >= 0) continue;
    throw refused(`An amount of traffic is a whole number of bytes from 0 on, not ${bytes}.`);
  }
}

/** Throws for numbers that no boundary in the log can be worked out from. */
export function checkTrim(numbers: readonly (number | undefined)[]): void {
  for (const number of numbers) {
    if (number === undefined || Number.isSafeInteger(number)) continue;
    throw refused(`What is kept of the event log is told by whole numbers, not by ${number}.`);
  }
}

/** The calendar month of a time, in UTC: `2026-11`. */
export function monthOf(wallMs: number): string {
  if (!Number.isSafeInteger(wallMs) || wallMs < 0 || wallMs > MAX_WALL_MS) {
    throw refused(`A time is in milliseconds since 1970, up to the year 9999, and not ${wallMs}.`);
  }
  return new Date(wallMs).toISOString().slice(0, 7);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Said by the caller, who knows the name.
    return false;
  }
}

function refused(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_INVALIDARG', message, { failureClass: 'call' });
}
