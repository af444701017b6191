import type { BG_JOB_STATE } from '../../../core/constants.ts';

/** How far a job is, at one moment. */
export interface Progress {
  readonly state: BG_JOB_STATE;
  /** Bytes; undefined while a size is unknown. */
  readonly bytesTotal: number | undefined;
  readonly bytesTransferred: number;
  /** Average of the last seconds; undefined while there is none. */
  readonly bytesPerSecond: number | undefined;
  /** Set while the job waits after a failure and goes on by itself. */
  readonly wait: Wait | undefined;
}

/** A failure that heals by itself. */
export interface Wait {
  /** What went wrong, as a sentence. */
  readonly reason: string;
  /** The shortest wait that the server asked for, in milliseconds. */
  readonly atLeastMs: number | undefined;
}

/** Shows people how a command's downloads are doing. Jobs go by their id. */
export interface ProgressDisplay extends Disposable {
  /** @param doing - what happens now, such as `resuming at 42%` */
  begin(id: string, name: string, doing: string): void;
  update(id: string, progress: Progress): void;
  /** The last line about a job: how it ended. */
  end(id: string, line: string): void;
  /** A line between the others. */
  line(text: string): void;
}

/** Bytes still to come over the rate, in milliseconds; undefined when nobody can tell. */
export function timeLeftMs(
  progress: Pick<Progress, 'bytesTotal' | 'bytesTransferred' | 'bytesPerSecond'>,
): number | undefined {
  const { bytesTotal, bytesTransferred, bytesPerSecond } = progress;
  if (bytesTotal === undefined || bytesPerSecond === undefined || bytesPerSecond <= 0) {
    return undefined;
  }
  return (Math.max(0, bytesTotal - bytesTransferred) * 1_000) / bytesPerSecond;
}

/** 0 to 1; undefined while the size is unknown. An empty file is all there. */
export function fractionOf({
  bytesTotal,
  bytesTransferred,
}: Pick<Progress, 'bytesTotal' | 'bytesTransferred'>): number | undefined {
  if (bytesTotal === undefined) return undefined;
  return bytesTotal === 0 ? 1 : Math.min(1, Math.max(0, bytesTransferred / bytesTotal));
}
