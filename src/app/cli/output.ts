import picocolors from 'picocolors';

import { EXIT } from './exit-numbers.ts';
import type { GlobalOptions } from './global-options.ts';

type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Where a command's words go: objects to stdout with `--json` and never otherwise, a value that was
 * asked for by name to stdout, everything for people to stderr, so that stdout can always be handed
 * to a program.
 */
export interface Output {
  /** Whether objects are wanted, with `--json` or `--jsonl`. */
  readonly json: boolean;
  readonly colors: Colors;
  /** One object on one line of stdout; nothing without `--json`. */
  object(value: unknown): void;
  /** A list as one array with `--json`, an object a line with `--jsonl`; nothing without either. */
  list(values: readonly unknown[]): void;
  /** A line that is the very thing asked for, such as the id of a new job; nothing with `--json`. */
  value(text: string): void;
  /** A line for people. */
  line(text: string): void;
}

/** The output of this process. */
export function openOutput(options: GlobalOptions): Output {
  const { stdout, stderr, env } = process;
  const wanted = options.color !== false && (env['NO_COLOR'] ?? '') === '';
  const colors = picocolors.createColors(wanted && stderr.isTTY && env['TERM'] !== 'dumb');
  const json = options.json === true || options.jsonl === true;
  const object = (value: unknown): void => {
    if (json) stdout.write(`${JSON.stringify(value)}\n`);
  };
  return {
    json,
    colors,
    object,
    list(values) {
      if (options.jsonl === true) values.forEach(object);
      else object(values);
    },
    value(text) {
      if (!json) stdout.write(`${text}\n`);
    },
    line(text) {
      stderr.write(`${text}\n`);
    },
  };
}

/**
 * Whoever reads the output may leave (`| head`, a closed terminal), and the disk a log is on may
 * fill up: a download goes on without it. To be called before the first word is written.
 */
export function tolerateLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const readerLeft = error.code === 'EPIPE' || error.code === 'EIO';
      // Results that did not reach the disk they were sent to are a failure of this command.
      if (stream === process.stdout && !readerLeft) process.exitCode = EXIT.FILE;
    });
  }
}
