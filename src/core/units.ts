import { DeliveryOptimizationError } from './errors.ts';

/** A number, then letters. A bare fraction (".5") is fine; signs and exponents are not. */
const QUANTITY = /^(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)$/i;

const PREFIXES = 'kmgtp';

/** One part of a duration and the blanks behind it. */
const DURATION_PART = /^(\d+(?:\.\d*)?|\.\d+)\s*(ms|[dhms])\s*/i;

const DURATION_UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
]);

/**
 * Reads a size in bytes: `1048576`, `512K`, `2M`, `1.5GiB`, `10MB`.
 *
 * K, M, G, T and P alone are powers of 1024, as in curl, and so are `KiB` to `PiB`; `KB` to `PB` are
 * powers of 1000. Case does not matter, except that `Mb` is refused: it may mean bits.
 *
 * @returns whole bytes, rounded to the nearest, at most `Number.MAX_SAFE_INTEGER`
 * @throws DeliveryOptimizationError E_INVALIDARG naming the text and giving an example
 */
export function parseSize(text: string): number {
  const bytes = parseQuantity(text.trim(), byteFactor);
  if (bytes === undefined || bytes > Number.MAX_SAFE_INTEGER) {
    throw notUnderstood(text, 'a size', '"512K", "1.5GiB" or "10MB"');
  }
  return Math.round(bytes);
}

/**
 * Reads a rate in bytes per second: a size, optionally followed by `/s`, or bits as in `16Mbit`.
 *
 * Prefixes of `bit` are powers of 1000 (`Mibit`: 1024). 0 is allowed and means that nothing passes.
 *
 * @returns whole bytes per second, rounded to the nearest, and at least 1 unless the text says 0
 * @throws DeliveryOptimizationError E_INVALIDARG naming the text and giving an example
 */
export function parseRate(text: string): number {
  const quantity = text.trim().replace(/\s*\/\s*s(ec)?$/i, '');
  const bytes = parseQuantity(quantity, (unit) => byteFactor(unit) ?? bitFactor(unit));
  if (bytes === undefined || bytes > Number.MAX_SAFE_INTEGER) {
    throw notUnderstood(text, 'a rate', '"2M", "500KB/s" or "16Mbit"');
  }
  // Rounding a tiny rate to 0 would turn "very slow" into "never".
  return bytes === 0 ? 0 : Math.max(1, Math.round(bytes));
}

/**
 * Reads a duration in milliseconds: `500ms`, `30s`, `5m`, `2h`, `1d`, and combinations in that order
 * of size such as `1h30m`. A number without a unit is refused, except `0`.
 *
 * @returns whole milliseconds, rounded to the nearest, at most `Number.MAX_SAFE_INTEGER`
 * @throws DeliveryOptimizationError E_INVALIDARG naming the text and giving an example
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  const ms = trimmed === '0' ? 0 : sumOfParts(trimmed);
  if (ms === undefined || ms > Number.MAX_SAFE_INTEGER) {
    throw notUnderstood(text, 'a duration', '"30s", "5m" or "1h30m"');
  }
  return Math.round(ms);
}

/**
 * A size for people: `512 B`, `1.5 KiB`, `12.3 MiB`, `1.46 GiB`; three digits, so within half a
 * percent. The unknown-size sentinels and what is no number give `unknown`.
 */
export function formatBytes(bytes: number): string {
  if (!(Math.abs(bytes) <= Number.MAX_SAFE_INTEGER)) return 'unknown';
  const sign = bytes < 0 ? '-' : '';
  let value = Math.abs(bytes);
  let unit = 0;
  // 1023.6 KiB would print as 1024 KiB: that is 1 MiB.
  while (Math.round(value) >= 1024 && unit < PREFIXES.length) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 ? 0 : decimals(value);
  const name = unit === 0 ? 'B' : `${PREFIXES.charAt(unit - 1).toUpperCase()}iB`;
  return `${sign}${Number(value.toFixed(digits))} ${name}`;
}

/** A rate for people: `1.5 MiB/s`; `unlimited` for `undefined`. */
export function formatRate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? 'unlimited' : `${formatBytes(bytesPerSecond)}/s`;
}

/**
 * A duration for people, at most two units: `500ms`, `1.5s`, `42s`, `1m05s`, `2h`, `3d04h`.
 *
 * Rounded to the smaller unit shown. Infinity, NaN and negative durations give `unknown`.
 */
export function formatDuration(ms: number): string {
  if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) return 'unknown';
  if (Math.round(ms) < 1_000) return `${Math.round(ms)}ms`;
  if (Math.round(ms / 100) < 100) return `${Math.round(ms / 100) / 10}s`;
  if (Math.round(ms / 1_000) < 60) return `${Math.round(ms / 1_000)}s`;
  if (Math.round(ms / 1_000) < 3_600) return twoUnits(Math.round(ms / 1_000), 60, 'm', 's');
  if (Math.round(ms / 60_000) < 1_440) return twoUnits(Math.round(ms / 60_000), 60, 'h', 'm');
  return twoUnits(Math.round(ms / 3_600_000), 24, 'd', 'h');
}

function twoUnits(count: number, perLarge: number, large: string, small: string): string {
  const rest = count % perLarge;
  const shown = rest === 0 ? '' : `${String(rest).padStart(2, '0')}${small}`;
  return `${Math.floor(count / perLarge)}${large}${shown}`;
}

function decimals(value: number): number {
  if (value < 9.995) return 2;
  return value < 99.95 ? 1 : 0;
}

function parseQuantity(
  text: string,
  factorOf: (unit: string) => number | undefined,
): number | undefined {
  const [, number, unit] = QUANTITY.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const factor = factorOf(unit);
  return factor === undefined ? undefined : Number(number) * factor;
}

/** Milliseconds of all parts; `undefined` unless there is a part and each has a smaller unit. */
function sumOfParts(text: string): number | undefined {
  let sumMs = 0;
  let previousMs = Number.POSITIVE_INFINITY;
  let rest = text;
  do {
    const [part, number, unit] = DURATION_PART.exec(rest) ?? [];
    const unitMs = DURATION_UNITS_MS.get(unit?.toLowerCase() ?? '');
    if (part === undefined || unitMs === undefined || unitMs >= previousMs) return undefined;
    sumMs += Number(number) * unitMs;
    previousMs = unitMs;
    rest = rest.slice(part.length);
  } while (rest !== '');
  return sumMs;
}

/** Bytes in one of a unit; `undefined` when the unit is none, or may be read as bits. */
function byteFactor(unit: string): number | undefined {
  if (/^[KMGTP]i?b$/.test(unit)) return undefined;
  const [, prefix, binary, bytes] = /^([kmgtp]?)(i?)(b?)$/i.exec(unit) ?? [];
  if (prefix === undefined || (prefix === '' && binary !== '')) return undefined;
  return (binary === '' && bytes !== '' ? 1000 : 1024) ** power(prefix);
}

function bitFactor(unit: string): number | undefined {
  const [, prefix, binary] = /^([kmgtp]?)(i?)bits?$/i.exec(unit) ?? [];
  if (prefix === undefined || (prefix === '' && binary !== '')) return undefined;
  return (binary === '' ? 1000 : 1024) ** power(prefix) / 8;
}

function power(prefix: string): number {
  return prefix === '' ? 0 : PREFIXES.indexOf(prefix.toLowerCase()) + 1;
}

function notUnderstood(text: string, what: string, examples: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'E_INVALIDARG',
    `"${text}" is not ${what}; write for example ${examples}.`,
  );
}
