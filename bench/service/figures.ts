import { median } from '../rounds.ts';

/** One line of the report: what was measured, the figure and its unit. */
export function print(what: string, figure: number, unit: string): void {
  const digits = figure < 10 ? 3 : figure < 100 ? 1 : 0;
  process.stdout.write(`${what.padEnd(62)} ${figure.toFixed(digits).padStart(10)} ${unit}\n`);
}

export function heading(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

/** The value below which that part of all values lies; `part` is 0.99 for p99. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** Median and p99 of durations in milliseconds. */
export function printDurations(what: string, durationsMs: readonly number[]): void {
  print(`${what}, median`, median(durationsMs), 'ms');
  print(`${what}, p99`, percentile(durationsMs, 0.99), 'ms');
}
