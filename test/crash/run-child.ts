import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { ChildEvent, ChildTask } from './child-task.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

/** Longest life of a child before the test gives it up. */
const LIFE_MS = 60_000;

/** How a child's life went. */
export interface ChildLife {
  readonly events: readonly ChildEvent[];
  /** Killed by SIGKILL, its own or ours, as opposed to having come to its end. */
  readonly killed: boolean;
}

/**
 * Runs a child to its end, and fails when that is neither a success nor SIGKILL.
 *
 * @param killAfterMs - kills it so long after it has opened its store
 */
export async function runChild(task: ChildTask, killAfterMs?: number): Promise<ChildLife> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  // A test process that dies must not leave its children behind.
  process.once('exit', kill);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const closed = once(child, 'close');
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text));
  let overdue = false;
  const life = setTimeout(() => {
    overdue = true;
    kill();
  }, LIFE_MS);

  const events: ChildEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as ChildEvent;
    events.push(event);
    if (event.event === 'opened' && killAfterMs !== undefined)
      timer = setTimeout(kill, killAfterMs);
  });
  const [code, signal] = await exited;
  await closed;
  clearTimeout(timer);
  clearTimeout(life);
  process.off('exit', kill);
  assert.ok(!overdue, `a child did not end within ${LIFE_MS} ms: ${JSON.stringify(task)}`);
  if (signal !== 'SIGKILL') assert.equal(code, 0, `a child failed: ${complaint}`);
  return { events, killed: signal === 'SIGKILL' };
}
