import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects everything that nobody holds, so that a WeakRef tells who is held. */
export async function collectGarbage(): Promise<void> {
  // What a WeakRef was asked for in a task stays until the end of it.
  await setImmediate();
  collect();
  await setImmediate();
}
