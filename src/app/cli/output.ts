import picocolors from 'picocolors';

import type { GlobalOptions } from './global-options.ts';

type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Where a command's words go: objects to stdout with `--json` and never otherwise, everything for
 * people to stderr, so that stdout can always be handed to a program.
 */
export interface Output {
  readonly json: boolean;
  readonly colors: Colors;
  /** One object on one line of stdout; nothing without `--json`. */
  object(value: unknown): void;
  /** A line for people. */
  line(text: string): void;
}

/** The output of this process. */
export function openOutput(options: GlobalOptions): Output {
  const { stdout, stderr, env } = process;
  // Whoever read the output may leave (`| head`, a closed terminal). A download goes on without it.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedReader);
  const wanted = options.color !== false && (env['NO_COLOR'] ?? '') === '';
  const colors = picocolors.createColors(wanted && stderr.isTTY && env['TERM'] !== 'dumb');
  const json = options.json === true;
  return {
    json,
    colors,
    object(value) {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    line(text) {
      stderr.write(`${text}\n`);
    },
  };
}

function ignoreClosedReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
}
