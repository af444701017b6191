import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';

import type { BG_FILE_RANGE } from '../../src/core/interfaces/file.ts';
import { bytesAt, compareFile, sha256Of } from '../support/origin.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import type { ChildFile, ChildTask } from './child-task.ts';
import { runChild, type ChildLife } from './run-child.ts';

/** A file to fetch and what it has to be in the end. */
export interface WantedFile {
  readonly url: string;
  readonly size: number;
  readonly seed: number;
  readonly ranges?: readonly BG_FILE_RANGE[];
  /** The job demands the digest of the whole file. */
  readonly demandDigest?: boolean;
}

/** A data directory and a directory of downloads, used by one child after another. */
export interface CrashSite extends AsyncDisposable {
  /** Starts a process on the site. */
  live(task: Omit<ChildTask, 'dataDir' | 'jobs'>, killAfterMs?: number): Promise<ChildLife>;
  /** Names in the directory of downloads. */
  names(): Promise<readonly string[]>;
  partialNames(): Promise<readonly string[]>;
  /** Fails unless every file is there byte for byte, and nothing else. */
  assertDelivered(): Promise<void>;
}

/** Bytes of the local file. */
export function wantedBytes({ size, ranges }: WantedFile): number {
  return ranges === undefined ? size : ranges.reduce((sum, { length }) => sum + length, 0);
}

export async function openSite(jobs: readonly (readonly WantedFile[])[]): Promise<CrashSite> {
  const directory = await temporaryDirectory();
  const downloads = directory.join('downloads');
  await mkdir(downloads);
  const wanted = jobs.flat();
  const pathOf = (file: WantedFile): string =>
    directory.join('downloads', `${wanted.indexOf(file)}.bin`);
  const childJobs = jobs.map((files) =>
    files.map((file): ChildFile => ({
      url: file.url,
      path: pathOf(file),
      ...(file.ranges === undefined ? {} : { ranges: file.ranges }),
      ...(file.demandDigest === true ? { sha256: sha256Of(file.size, file.seed) } : {}),
    })),
  );
  const names = async (): Promise<readonly string[]> => (await readdir(downloads)).toSorted();
  return {
    live: (task, killAfterMs) =>
      runChild({ ...task, dataDir: directory.join('data'), jobs: childJobs }, killAfterMs),
    names,
    partialNames: async () => (await names()).filter((name) => name.endsWith('.haulyard-part')),
    async assertDelivered() {
      for (const file of wanted) await assertContent(pathOf(file), file);
      assert.equal((await names()).length, wanted.length, 'something was left behind');
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

async function assertContent(path: string, file: WantedFile): Promise<void> {
  const { size, seed, ranges } = file;
  if (ranges === undefined) {
    assert.equal(await compareFile(path, size, seed), undefined, `${path} differs`);
    return;
  }
  const parts = ranges.map(({ initialOffset, length }) => bytesAt(seed, initialOffset, length));
  assert.ok(Buffer.concat(parts).equals(await readFile(path)), `${path} differs`);
}
