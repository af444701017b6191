import { fractionOf, type Progress, type ProgressDisplay } from './progress.ts';
import { plainLine, waitingLine } from './progress-text.ts';

const EVERY_MS = 10_000;
const EVERY_PERCENT = 10;

/** A fast download passes ten tenths in a moment; nobody needs ten lines for that. */
const AT_MOST_EVERY_MS = 1_000;

interface Shown {
  readonly name: string;
  atMs: number;
  percent: number;
  /** What the job waits for, as told last. */
  reason: string | undefined;
}

/**
 * Progress as lines, for logs and pipes: one at the start, one every tenth or every 10 seconds, one
 * for every failure that is tried again, one at the end.
 *
 * @param write - takes a line without its end
 * @param nowMs - a monotonic clock
 */
export function plainDisplay(
  write: (line: string) => void,
  nowMs: () => number = () => performance.now(),
): ProgressDisplay {
  const shown = new Map<string, Shown>();

  function show(job: Shown, progress: Progress): void {
    const percent = Math.floor((fractionOf(progress) ?? 0) * 100);
    const passedMs = nowMs() - job.atMs;
    const further = Math.abs(percent - job.percent) >= EVERY_PERCENT;
    if (passedMs < EVERY_MS && !(further && passedMs >= AT_MOST_EVERY_MS)) return;
    job.atMs = nowMs();
    job.percent = percent;
    write(plainLine(job.name, progress));
  }

  return {
    begin(id, name, doing) {
      shown.set(id, { name, atMs: nowMs(), percent: 0, reason: undefined });
      write(`${name}: ${doing}`);
    },
    update(id, progress) {
      const job = shown.get(id);
      if (job === undefined) return;
      const { wait } = progress;
      if (wait === undefined) {
        show(job, progress);
      } else if (wait.reason !== job.reason) {
        write(waitingLine(job.name, wait));
        job.atMs = nowMs();
      }
      job.reason = wait?.reason;
    },
    end(id, line) {
      shown.delete(id);
      write(line);
    },
    line: write,
    [Symbol.dispose]() {},
  };
}
