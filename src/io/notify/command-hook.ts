import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { Hook, HookDelivery } from '../../ports/hook.ts';

/** A program that is run for events. */
export interface CommandHookOptions {
  readonly name: string;
  /** The program and its arguments; no shell is involved. */
  readonly command: readonly string[];
  readonly wants: Hook['wants'];
  /** What the program reads from its standard input, as JSON. */
  readonly describe: (delivery: HookDelivery) => unknown;
  /** The program is killed when it takes longer. */
  readonly timeoutMs: number;
}

/** Output of a program that failed, quoted in the warning. */
const MAX_QUOTED_CHARACTERS = 500;

/**
 * Runs a program for each event: facts as JSON on standard input, the most wanted ones in the
 * environment. Exit code 0 takes the event; anything else has it told again.
 */
export function commandHook(options: CommandHookOptions): Hook {
  const { name, command, wants, describe, timeoutMs } = options;
  return {
    name,
    wants,
    async deliver(delivery, signal) {
      const [program, ...args] = command;
      const child = spawn(program ?? '', args, {
        stdio: ['pipe', 'ignore', 'pipe'],
        env: { ...process.env, ...environmentOf(delivery) },
        windowsHide: true,
        // A group of its own, so that what the program has started ends with it.
        detached: process.platform !== 'win32',
      });
      const exited = exitOf(program, child);
      // Without a descriptor to spare there are no pipes either, and the reason comes as an event.
      if (child.pid === undefined) await exited;
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors = (errors + text).slice(0, MAX_QUOTED_CHARACTERS);
      });
      // A program that does not read its input closes the pipe, which is its own affair.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(describe(delivery))}\n`);
      const onAbort = (): void => killAll(child);
      const timer = setTimeout(onAbort, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      let ended: Exit;
      try {
        ended = await exited;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        // Somebody may have inherited it and keep it open.
        child.stderr.destroy();
      }
      signal.throwIfAborted();
      const [code, killedBy] = ended;
      if (code === 0) return;
      const how = code === null ? `was ended by ${String(killedBy)}` : `ended with ${String(code)}`;
      throw failedToRun(program, errors === '' ? how : `${how}: ${errors.trim()}`);
    },
  };
}

type Exit = readonly [code: number | null, killedBy: NodeJS.Signals | null];

/** How a program ends, or why it was not even started. Listened to from the first moment on. */
function exitOf(program: string | undefined, child: ChildProcess): Promise<Exit> {
  const exited = once(child, 'exit').then(
    (ended) => ended as unknown as Exit,
    (cause: Error) => {
      throw failedToRun(program, cause.message, cause);
    },
  );
  // Whoever waits for it hears of it; until then it must not count as unheard.
  exited.catch(() => {});
  return exited;
}

function killAll(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') {
    child.kill('SIGKILL');
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself just now.
  }
}

function failedToRun(
  program: string | undefined,
  how: string,
  cause?: unknown,
): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_FAIL', `The program ${String(program)} ${how}.`, {
    cause,
    failureClass: 'transient',
  });
}

function environmentOf({ event, job, attempt }: HookDelivery): Record<string, string> {
  return {
    HAULYARD_EVENT: event.body.kind,
    HAULYARD_EVENT_ID: String(event.sequence),
    HAULYARD_ATTEMPT: String(attempt),
    HAULYARD_JOB_ID: event.jobId,
    HAULYARD_JOB_OWNER: event.owner,
    ...(job === undefined ? {} : { HAULYARD_JOB_NAME: withoutNul(job.displayName) }),
  };
}

/** No variable can hold a NUL: starting the program would fail for ever. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}
