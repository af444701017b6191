import { openSqliteJobStore } from '../../../src/io/sqlite/open-sqlite-job-store.ts';
import { jobStoreConformance } from '../../conformance/job-store.ts';
import { MemoryJobStore, MemoryJobStoreDisk } from '../../support/memory-job-store.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

jobStoreConformance('SqliteJobStore', async () => {
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
});

jobStoreConformance('MemoryJobStore', () => {
  const disk = new MemoryJobStoreDisk();
  return Promise.resolve({
    open: (bootId = 'boot 1') => new MemoryJobStore(disk, bootId),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
