import type { WriteStream } from 'node:tty';

import cliProgress from 'cli-progress';

import { BG_JOB_STATE } from '../../../core/constants.ts';
import type { Progress, ProgressDisplay } from './progress.ts';
import { barLine } from './progress-text.ts';

const FRAMES_PER_SECOND = 5;

/** The bars must leave room for the lines above them, or the terminal scrolls bars out of reach. */
const ROWS_KEPT_FREE = 3;
const ROWS_WHEN_UNKNOWN = 24;

/** What the bars are drawn from; cli-progress hands it back to the format function. */
interface Payload {
  name: string;
  progress: Progress;
}

type Terminal = Pick<WriteStream, 'write'> & { readonly rows?: number };

/** Progress as bars on a terminal, one for each job that is being worked on, below what was said. */
export function terminalDisplay(stream: Terminal): ProgressDisplay {
  const bars = new Map<string, cliProgress.SingleBar>();
  const names = new Map<string, string>();
  const multi = new cliProgress.MultiBar({
    stream: stream as NodeJS.WritableStream,
    format: (_options, params, payload: Payload) =>
      barLine(payload.name, payload.progress, (params as { maxWidth?: number }).maxWidth || 80),
    fps: FRAMES_PER_SECOND,
    hideCursor: true,
    clearOnComplete: true,
    // Lines written above push the bars down, where an unchanged bar would not be drawn again.
    forceRedraw: true,
    // Signals are the command's own business.
    gracefulExit: false,
  });

  /** A process that ends in a hurry must not leave the terminal without its cursor. */
  const restore = (): void => {
    if (bars.size > 0) multi.stop();
  };
  process.once('exit', restore);

  function line(text: string): void {
    if (bars.size === 0) {
      stream.write(`${text}\n`);
      return;
    }
    // Without the erasure, what is left of a longer bar would stand behind the text.
    multi.log(`${text}\u001b[K\n`);
    multi.update();
  }

  function remove(id: string): void {
    const bar = bars.get(id);
    if (bar === undefined) return;
    bars.delete(id);
    multi.remove(bar);
    if (bars.size === 0) multi.stop();
  }

  return {
    begin(id, name, doing) {
      names.set(id, name);
      line(`${name}: ${doing}`);
    },
    update(id, progress) {
      const name = names.get(id) ?? '';
      const bar = bars.get(id);
      if (bar !== undefined) {
        bar.update({ name, progress });
        return;
      }
      const room = (stream.rows || ROWS_WHEN_UNKNOWN) - ROWS_KEPT_FREE;
      if (progress.state === BG_JOB_STATE.QUEUED || bars.size >= room) return;
      bars.set(id, multi.create(1, 0, { name, progress }));
    },
    end(id, text) {
      remove(id);
      names.delete(id);
      line(text);
    },
    line,
    [Symbol.dispose]() {
      for (const id of bars.keys()) remove(id);
      process.off('exit', restore);
    },
  };
}
