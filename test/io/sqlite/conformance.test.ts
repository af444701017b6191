import { openSqliteJobStore } from '../../../src/io/sqlite/open-sqlite-job-store.ts';
import { ledgerConformance } from '../../conformance/job-store-ledgers.ts';
import { jobListConformance } from '../../conformance/job-store-lists.ts';
import { jobStoreConformance, type JobStoreHarness } from '../../conformance/job-store.ts';
import { MemoryJobStore, MemoryJobStoreDisk } from '../../support/memory-job-store.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

async function onDisk(): Promise<JobStoreHarness> {
  const directory = await temporaryDirectory();
  return {
    open: (bootId = 'boot 1') =>
      openSqliteJobStore({
        directory: directory.path,
        bootId,
        owner: 'a test',
        onWarning: (message) => {
          throw new Error(message);
        },
      }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function inMemory(): Promise<JobStoreHarness> {
  const disk = new MemoryJobStoreDisk();
  return Promise.resolve({
    open: (bootId = 'boot 1') => new MemoryJobStore(disk, bootId),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

for (const suite of [jobStoreConformance, jobListConformance, ledgerConformance]) {
  suite('SqliteJobStore', onDisk);
  suite('MemoryJobStore', inMemory);
}
