import { BG_JOB_STATE } from '../../../core/constants.ts';
import { formatBytes, formatDuration, formatRate } from '../../../core/units.ts';
import { printable, shortened } from '../printable.ts';
import { fractionOf, timeLeftMs, type Progress, type Wait } from './progress.ts';

const MIN_NAME_CHARACTERS = 8;
const MAX_NAME_CHARACTERS = 40;
const MAX_BAR_CHARACTERS = 30;
const MIN_BAR_CHARACTERS = 5;

/**
 * One line of a terminal: name, bar, percent, bytes, rate, time left; or name, bytes and why the
 * job waits. Never longer than `width`: what matters least gives way first.
 */
export function barLine(name: string, progress: Progress, width: number): string {
  const shownName = shortened(name, nameCharacters(width));
  if (progress.wait !== undefined) {
    // The end of the sentence is cut off here, not its middle: the beginning says what happened.
    const text = `${shownName}  ${amount(progress)}  ${waiting(progress.wait)}`;
    return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
  }
  const facts = [percent(progress), amount(progress), speed(progress), timeLeft(progress)]
    .filter((fact) => fact !== '')
    .join('  ');
  const room = width - shownName.length - facts.length - 6;
  const fraction = fractionOf(progress);
  const withBar = fraction !== undefined && room >= MIN_BAR_CHARACTERS;
  const bar = withBar ? `  [${barOf(fraction, Math.min(room, MAX_BAR_CHARACTERS))}]` : '';
  return shortened(`${shownName}${bar}  ${facts}`, width);
}

/** A line for logs: `out.bin: 42%, 430 MiB of 1 GiB, 120 MiB/s, 5s left`. */
export function plainLine(name: string, progress: Progress): string {
  const facts = [percent(progress), amount(progress), speed(progress), timeLeft(progress)];
  return `${name}: ${facts.filter((fact) => fact !== '').join(', ')}`;
}

/** A line for a failure that heals by itself. */
export function waitingLine(name: string, wait: Wait): string {
  return `${name}: ${waiting(wait)}`;
}

/**
 * The last line of a file that arrived: `out.bin: 1 GiB in 1.3s (788 MiB/s)`.
 *
 * @param before - bytes that were here already when this command began
 */
export function arrivedLine(
  name: string,
  bytes: number,
  before: number,
  elapsedMs: number,
): string {
  const fetched = Math.max(0, bytes - before);
  const rate =
    elapsedMs > 0 && fetched > 0 ? ` (${formatRate((fetched * 1_000) / elapsedMs)})` : '';
  const resumed = before > 0 && bytes > 0 ? `, ${formatBytes(fetched)} of it now,` : '';
  return `${name}: ${formatBytes(bytes)}${resumed} in ${formatDuration(elapsedMs)}${rate}`;
}

/** `42%`; empty while the size is unknown. Never 100 before everything is here. */
export function percent(progress: Pick<Progress, 'bytesTotal' | 'bytesTransferred'>): string {
  const fraction = fractionOf(progress);
  return fraction === undefined ? '' : `${Math.floor(fraction * 100)}%`;
}

/** `430 MiB of 1 GiB`, or only what is here while the size is unknown. */
export function amount(progress: Pick<Progress, 'bytesTotal' | 'bytesTransferred'>): string {
  const { bytesTotal, bytesTransferred } = progress;
  const here = formatBytes(bytesTransferred);
  return bytesTotal === undefined ? here : `${here} of ${formatBytes(bytesTotal)}`;
}

function speed({ state, bytesPerSecond }: Progress): string {
  if (state === BG_JOB_STATE.QUEUED) return 'waiting for its turn';
  return bytesPerSecond === undefined ? '' : formatRate(Math.max(0, Math.round(bytesPerSecond)));
}

function timeLeft(progress: Progress): string {
  const leftMs = timeLeftMs(progress);
  if (leftMs === undefined) return '';
  const leftS = Math.ceil(leftMs / 1_000);
  return Number.isSafeInteger(leftS) ? `${formatDuration(leftS * 1_000)} left` : '';
}

function waiting({ reason, atLeastMs }: Wait): string {
  const asked =
    atLeastMs === undefined || atLeastMs <= 0 ? '' : ` at least ${formatDuration(atLeastMs)}`;
  return `waiting${asked} to try again: ${printable(reason)}`;
}

function barOf(fraction: number, characters: number): string {
  const full = Math.floor(fraction * characters);
  return '='.repeat(full) + ' '.repeat(characters - full);
}

function nameCharacters(width: number): number {
  return Math.min(MAX_NAME_CHARACTERS, Math.max(MIN_NAME_CHARACTERS, Math.floor(width / 4)));
}
