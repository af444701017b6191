import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newFile, type JobFile } from '../../src/core/job/file.ts';
import { JobRun, type FileEvents, type RunHost } from '../../src/engine/job-run.ts';
import type { FileTransfer } from '../../src/engine/transfer/file-transfer.ts';
import type { TransferContext } from '../../src/engine/transfer/transfer-context.ts';

/** A run of three files whose transfers end when the test says so. */
class Carrying implements RunHost {
  readonly ends = [0, 1, 2].map(() => Promise.withResolvers<void>());
  readonly events = new Map<number, FileEvents>();
  readonly log: string[] = [];
  readonly #files: readonly JobFile[] = [0, 1, 2].map((index) =>
    newFile({
      jobId: 'a',
      index,
      fileId: `${index}`,
      remoteName: `http://host.test/${index}`,
      ranges: [],
    }),
  );

  nextFile(from: number): JobFile | undefined {
    return this.#files[from];
  }

  contextFor({ index }: JobFile, events: FileEvents): TransferContext {
    this.events.set(index, events);
    return { settings: {}, index, file: () => this.#files[index] } as unknown as TransferContext;
  }

  async carry(transfer: FileTransfer, signal: AbortSignal): Promise<void> {
    const { index } = transfer.file;
    const stopped = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => stopped.reject(signal.reason));
    await Promise.race([this.ends[index]!.promise, stopped.promise]);
  }

  waiting(): void {}

  async fileDone(index: number): Promise<void> {
    this.log.push(`done ${index}`);
  }

  keep(index: number): void {
    this.log.push(`keep ${index}`);
  }

  nothingLeft(): void {
    this.log.push('nothing left');
  }

  failed(): void {
    this.log.push('failed');
  }

  ended(): void {}

  /** All bytes of the file are here; the next one may be fetched. */
  async fetched(index: number): Promise<void> {
    await turn();
    this.events.get(index)!.fetched();
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('files become done in their order, whichever is whole first', async () => {
  const host = new Carrying();
  const run = new JobRun(host, 0);
  await host.fetched(0);
  await host.fetched(1);
  host.ends[1]!.resolve();
  await turn();
  assert.deepEqual(host.log, []);
  host.ends[0]!.resolve();
  host.ends[2]!.resolve();
  await run.finished;
  assert.deepEqual(host.log, ['done 0', 'done 1', 'done 2', 'nothing left']);
});

test('a file behind one that was stopped is kept and not done', async () => {
  const host = new Carrying();
  const run = new JobRun(host, 0);
  await host.fetched(0);
  host.ends[1]!.resolve();
  await turn();
  run.stop();
  await run.finished;
  assert.deepEqual(host.log, ['keep 1']);
});

test('a file that is whole behind one that fails is kept and not done', async () => {
  const host = new Carrying();
  const run = new JobRun(host, 0);
  await host.fetched(0);
  host.ends[1]!.resolve();
  await turn();
  host.ends[0]!.reject(new Error('The digest does not match.'));
  await run.finished;
  assert.deepEqual(host.log, ['keep 1', 'failed']);
});

test('files before the one that fails become done', async () => {
  const host = new Carrying();
  const run = new JobRun(host, 0);
  await host.fetched(0);
  host.ends[1]!.reject(new Error('Not found.'));
  await turn();
  assert.deepEqual(host.log, []);
  host.ends[0]!.resolve();
  await run.finished;
  assert.deepEqual(host.log, ['done 0', 'failed']);
});
