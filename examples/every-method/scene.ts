import { setTimeout as sleep } from 'node:timers/promises';
import {
  BG_JOB_STATE,
  type IBackgroundCopyFile,
  type IBackgroundCopyJob,
  type IBackgroundCopyManager,
} from 'haulyard';
import type { Heard } from './heard.ts';
import type { Report } from './report.ts';

/** What the checks share: one manager, one job, and the file that the server has. */
export interface Scene {
  readonly report: Report;
  readonly manager: IBackgroundCopyManager;
  readonly job: IBackgroundCopyJob;
  readonly heard: Heard;
  /** The file on the server, and its content as a plain request brought it. */
  readonly url: string;
  readonly content: Buffer;
  /** An absolute path in the directory of this run. */
  readonly path: (name: string) => string;
}

/** The files of the job, by their names in the directory of this run. */
export const FILES = ['whole.bin', 'set-1.bin', 'set-2.bin', 'ranges.bin', 'by-id.bin'] as const;

/** The ranges of `ranges.bin`: the end of the file, then its beginning. */
export function twoRanges(size: number): { initialOffset: number; length: number }[] {
  const half = Math.floor(size / 2);
  return [
    { initialOffset: half, length: size - half },
    { initialOffset: 0, length: 1_000 },
  ];
}

/** What `name` must hold in the end. */
export function expectedContent(name: string, content: Buffer): Buffer {
  if (name !== 'ranges.bin') return content;
  const parts = twoRanges(content.length).map(({ initialOffset, length }) =>
    content.subarray(initialOffset, initialOffset + length),
  );
  return Buffer.concat(parts);
}

/** The name of a state, for the table. */
export function stateName(state: number): string {
  const found = Object.entries(BG_JOB_STATE).find(([, value]) => value === state);
  return found?.[0] ?? String(state);
}

/** All files of a job, in order. */
export async function filesOf(job: IBackgroundCopyJob): Promise<readonly IBackgroundCopyFile[]> {
  const enumerator = await job.enumFiles();
  return await enumerator.next(await enumerator.getCount());
}

const WAIT_MS = 60_000;

/** Waits for a promise, or for a condition that is looked at again and again, for a minute. */
export async function waitFor<T>(
  what: string,
  event: Promise<T> | (() => Promise<boolean>),
): Promise<T | undefined> {
  const giveUp = AbortSignal.timeout(WAIT_MS);
  if (typeof event !== 'function') {
    return await Promise.race([event, rejection(what, giveUp)]);
  }
  while (!(await event())) {
    if (giveUp.aborted) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
  return undefined;
}

function rejection(what: string, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`waited in vain for ${what}`)));
  });
}
