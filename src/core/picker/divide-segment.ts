import { pieceStart } from '../piece/piece-layout.ts';
import { MIN_REQUEST_BYTES, requestBytes, spareForLittle } from './request-size.ts';
import type { ActiveSegment, Newcomer, Pick, PickInput } from './segment-work.ts';

/** Dividing must save so much time; where only little is divided, so much. */
const MIN_SAVED_MS = 250;
const MIN_SAVED_BY_LITTLE_MS = 500;
/** A race must save so much time, and take at most this share of the time left. */
const MIN_SAVED_BY_RACE_MS = 500;
const RACE_SHARE = 0.5;
/** A connection that may turn out useless is tried with what it would bring in this time. */
const TRIAL_MS = 2_000;
const MIN_TRIAL_MS = 250;
/** A new connection costs a round trip for itself and one for its request. */
const ROUND_TRIPS = 2;

/** What is left of a segment, whoever works on it. */
interface Work {
  readonly owner: ActiveSegment;
  readonly bytes: number;
  readonly rate: number;
  /** Milliseconds until it is finished as things are. */
  readonly leftMs: number;
  readonly raced: boolean;
}

/** How a free connection best shortens what others are at; undefined: not at all. */
export function divide(input: PickInput): Pick | undefined {
  const { newcomer } = input;
  const works = workOf(input.active, newcomer.rate);
  const silent = works.find(({ owner, raced }) => owner.silent && !raced);
  if (silent !== undefined) return race(silent);
  if (newcomer.rate <= 0 || newcomer.spareRequests < 1) return undefined;
  const last = works.reduce<Work | undefined>(
    (latest, work) => (!work.owner.silent && work.leftMs > (latest?.leftMs ?? 0) ? work : latest),
    undefined,
  );
  if (last === undefined) return undefined;
  const costMs = ROUND_TRIPS * newcomer.headMs;
  const leftBytes = works.reduce((sum, { bytes }) => sum + bytes, 0);
  const littleMay = spareForLittle(newcomer.spareRequests, leftBytes) >= 1;
  const part = farPart(input, last, works, costMs, littleMay);
  const racedMs = costMs + last.bytes / newcomer.rate;
  const worthRacing =
    !last.raced &&
    !newcomer.trial &&
    littleMay &&
    last.bytes < 2 * input.minSplitBytes &&
    racedMs < last.leftMs * RACE_SHARE &&
    last.leftMs - racedMs > MIN_SAVED_BY_RACE_MS;
  // Of little, even a small part is more than a slow connection has done when all others are.
  if (worthRacing && (part === undefined || racedMs < part.leftMs)) return race(last);
  return part?.pick;
}

/** The segments under way, each once, although two may race for one. */
function workOf(active: readonly ActiveSegment[], expected: number): Work[] {
  const byEnd = new Map<number, Work>();
  for (const owner of active) {
    const bytes = owner.end - owner.position;
    if (bytes <= 0) continue;
    // One that has brought nothing yet is expected to do as well as any other.
    const rate = owner.rate > 0 ? owner.rate : expected;
    const leftMs = owner.silent || rate <= 0 ? Infinity : bytes / rate;
    const rival = byEnd.get(owner.end);
    const better = rival === undefined || leftMs < rival.leftMs;
    const work = better ? { owner, bytes, rate, leftMs } : rival;
    byEnd.set(owner.end, { ...work, raced: rival !== undefined });
  }
  return [...byEnd.values()];
}

function race({ owner }: Work): Pick {
  return { kind: 'race', segment: { start: owner.position, end: owner.end } };
}

/** The far end of `last` that lets all finish together, or a request's worth of it. */
function farPart(
  { active, newcomer, pieceSizeBytes, minSplitBytes }: PickInput,
  last: Work,
  works: readonly Work[],
  costMs: number,
  littleMay: boolean,
): { readonly pick: Pick; readonly leftMs: number } | undefined {
  const going = works.filter(({ leftMs }) => leftMs < Infinity);
  const bytes = going.reduce((sum, work) => sum + work.bytes, 0);
  const rates = going.reduce((sum, { rate }) => sum + rate, newcomer.free * newcomer.rate);
  const togetherMs = bytes / rates;
  const share = Math.min(
    newcomer.rate * (togetherMs - costMs),
    last.bytes - last.rate * togetherMs,
  );
  const savedMs = last.leftMs - Math.max(togetherMs, (last.bytes - share) / last.rate);
  const little = share < minSplitBytes;
  if (share <= 0 || (little && newcomer.trial)) return undefined;
  if (share < MIN_REQUEST_BYTES && !littleMay) return undefined;
  if (savedMs < Math.max(little ? MIN_SAVED_BY_LITTLE_MS : MIN_SAVED_MS, costMs)) return undefined;
  const { owner } = last;
  const wanted = Math.ceil(
    Math.min(share, partBytes(share, newcomer, littleMay ? minSplitBytes : MIN_REQUEST_BYTES)),
  );
  // Rounded down it may be all that is left, and then the next piece is where to divide.
  const rounded = pieceStart(owner.end - wanted, pieceSizeBytes);
  const taken = Math.max(...active.filter(({ end }) => end === owner.end).map((at) => at.position));
  const start = rounded > taken ? rounded : rounded + pieceSizeBytes;
  if (start >= owner.end || start <= taken) return undefined;
  const newcomerMs = costMs + (owner.end - start) / newcomer.rate;
  const leftMs = Math.max(newcomerMs, (start - owner.position) / last.rate);
  return { pick: { kind: 'split', segment: { start, end: owner.end } }, leftMs };
}

/** How much of its share a connection takes at once. */
function partBytes(share: number, { rate, headMs, trial }: Newcomer, leastBytes: number): number {
  if (!trial) return requestBytes(share, rate, headMs);
  const mostBytes = Math.max(MIN_REQUEST_BYTES, rate * MIN_TRIAL_MS);
  return Math.min(mostBytes, Math.max(leastBytes, rate * TRIAL_MS));
}
