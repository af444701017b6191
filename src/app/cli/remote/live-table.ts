import type { WriteStream } from 'node:tty';

import type { JobResource } from '../../../rest/contract.ts';
import { liveLines } from './job-table.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const ERASE_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

const ROWS_WHEN_UNKNOWN = 24;
const COLUMNS_WHEN_UNKNOWN = 80;

type Terminal = Pick<WriteStream, 'write'> & {
  readonly rows?: number;
  readonly columns?: number;
};

/** A table that is drawn over itself, on a screen of its own; what was there before comes back. */
export interface LiveTable extends Disposable {
  draw(jobs: readonly JobResource[], foot: string): void;
}

/** Takes the terminal until disposed of. */
export function openLiveTable(stream: Terminal): LiveTable {
  stream.write(ENTER);
  /** A process that ends in a hurry must not leave the terminal as it is now. */
  const restore = (): void => void stream.write(LEAVE);
  process.once('exit', restore);
  return {
    draw(jobs, foot) {
      const rows = stream.rows || ROWS_WHEN_UNKNOWN;
      const width = stream.columns || COLUMNS_WHEN_UNKNOWN;
      const room = Math.max(1, rows - 3);
      const hidden = Math.max(0, jobs.length - room);
      // The newest stay in sight, the last one at the bottom.
      const lines = [...liveLines(jobs.slice(hidden), width)];
      const above = hidden > 0 ? `; ${hidden} older ones do not fit` : '';
      lines.push('', `${foot}${above}`.slice(0, width));
      // Without a line end behind the last one: it would scroll a full screen.
      stream.write(
        `${HOME}${lines.map((line) => `${line}${ERASE_LINE}`).join('\r\n')}${ERASE_BELOW}`,
      );
    },
    [Symbol.dispose]() {
      process.off('exit', restore);
      restore();
    },
  };
}
