import type { TestContext } from 'node:test';

import { isDeliveryOptimizationError } from '../../../src/index.ts';
import type { HaulyardManager } from '../../../src/core/interfaces/haulyard-manager.ts';
import type { RetryPolicy } from '../../../src/core/retry/retry-delay.ts';

/** What of an engine's settings a suite may choose. */
export interface HarnessOptions {
  readonly retry?: Partial<RetryPolicy>;
  readonly backgroundSlots?: number;
}

/** A manager with a directory for downloads, whichever way it was opened. */
export interface Harness extends AsyncDisposable {
  readonly manager: HaulyardManager;
  /** A path in the directory for downloads. */
  target(name: string): string;
  /** Names in the directory for downloads, sorted. */
  names(): Promise<string[]>;
  /** Ends the engine and opens a manager on the same jobs, as a program that begins again does. */
  reopen(): Promise<HaulyardManager>;
}

export type OpenHarness = (options?: HarnessOptions) => Promise<Harness>;

/** One run of the suites on one way to open a manager. */
export interface Conformance {
  readonly open: OpenHarness;
  /** Runs one check as a test of its own, and counts it. */
  readonly check: (t: TestContext, name: string, run: () => Promise<void>) => Promise<void>;
  /** Notes how a call ended, for the comparison of both runs. */
  readonly note: (call: string, outcome: string) => void;
}

/** Part of the conformance of managers. */
export type Suite = (t: TestContext, conformance: Conformance) => Promise<void>;

/** How a call ended: its value as text, or the code of its refusal. */
export async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    return `resolved ${shown(await call())}`;
  } catch (error) {
    // Anything else is a fault of the library, and shows as one in the comparison with a code.
    return isDeliveryOptimizationError(error) ? error.code : `threw ${String(error)}`;
  }
}

/** A value as text: numbers that JSON does not know are written out. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
    return Array.isArray(value) ? '[]' : 'an object';
  return JSON.stringify(value);
}

/** Values of every type, most of them wrong wherever they are put. */
export const VALUES: readonly (readonly [name: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-1', -1],
  ['0', 0],
  ['1.5', 1.5],
  ['7', 7],
  ['2^32', 2 ** 32],
  ['2^64', 2 ** 64],
  ['true', true],
  ['""', ''],
  ['"text"', 'text'],
  ['"high"', 'high'],
  ['a NUL', '\0'],
  ['half of a pair', '\ud800'],
  ['a long text', 'x'.repeat(140_000)],
  ['{}', {}],
  ['[]', []],
  ['10n', 10n],
  ['a function', (): number => 1],
  ['a symbol', Symbol('s')],
];
