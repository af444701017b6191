import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';

import type { LogConfig } from '../config/config.ts';

/** Lines kept in memory for `haulyard logs`. */
const KEPT_LINES = 1_000;

/** The log of the service: lines of JSON on standard error or in a file, the newest ones in memory. */
export interface ServiceLog extends AsyncDisposable {
  readonly logger: Logger;
  /** The newest lines, oldest first. */
  recent(limit: number): readonly string[];
  setLevel(level: LogConfig['level']): void;
}

export function openLog({ level, file }: LogConfig): ServiceLog {
  const lines: string[] = [];
  const target: NodeJS.WritableStream =
    file === undefined ? process.stderr : createWriteStream(file, { flags: 'a', mode: 0o640 });
  let broken: Error | undefined;
  if (file !== undefined) target.on('error', (error: Error) => (broken = error));
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const text = chunk.toString();
      lines.push(text.trimEnd());
      if (lines.length > 2 * KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
      // A log that cannot be written must not stop downloads; the lines stay readable in memory.
      if (broken === undefined) target.write(text);
      done();
    },
  });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    logger,
    recent: (limit) => lines.slice(-Math.min(limit, KEPT_LINES)),
    setLevel(next) {
      logger.level = next;
    },
    async [Symbol.asyncDispose]() {
      if (file !== undefined) await new Promise<void>((resolve) => target.end(() => resolve()));
    },
  };
}
