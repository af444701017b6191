import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A directory that is gone, with all it holds, once disposed of. */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** A path inside the directory; nothing is created. */
  join(...parts: string[]): string;
}

/** Makes an empty directory of its own under the system's temporary directory. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'haulyard-test-'));
  return {
    path,
    join: (...parts) => join(path, ...parts),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** How long `until` waits and what it says when it waited in vain. */
export interface UntilOptions {
  /** Completes the sentence "Waited 5000 ms in vain for …". */
  readonly what: string;
  /** 5,000 unless told. */
  readonly timeoutMs?: number;
  /** Pause between two looks, 10 unless told. */
  readonly everyMs?: number;
}

/**
 * Looks at `condition` again and again, and returns its first truthy value.
 *
 * Throws when the time is up. An error thrown by the condition itself is passed on at once.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 5_000, everyMs = 10 }: UntilOptions,
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() >= giveUpAt) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    }
    await sleep(everyMs);
  }
}
