/**
 * An updater whose download survives restarts: `node examples/updater.ts URL FILE DIRECTORY`.
 *
 * DIRECTORY holds the job store and, beside it, the id of this program's job. Kill the program at
 * any moment and start it again: it finds its job and goes on from the bytes that are there.
 */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  BG_JOB_TYPE,
  type IBackgroundCopyJob,
  type IBackgroundCopyManager,
  isDeliveryOptimizationError,
  openManager,
} from 'haulyard';

const [url, path, directory] = process.argv.slice(2);
if (url === undefined || path === undefined || directory === undefined) {
  console.error('usage: node examples/updater.ts URL FILE DIRECTORY');
  process.exit(2);
}
const target = resolve(path);
const idFile = join(directory, 'updater-job-id');

/** The job of an earlier run, or undefined: none was made, or it was completed or cancelled. */
async function findJob(manager: IBackgroundCopyManager): Promise<IBackgroundCopyJob | undefined> {
  if (!existsSync(idFile)) return undefined;
  try {
    return await manager.getJob((await readFile(idFile, 'utf8')).trim());
  } catch (error) {
    if (isDeliveryOptimizationError(error) && error.code === 'DO_E_JOB_NOT_FOUND') return undefined;
    throw error;
  }
}

async function createJob(manager: IBackgroundCopyManager): Promise<IBackgroundCopyJob> {
  const job = await manager.createJob(`update ${target}`, BG_JOB_TYPE.DOWNLOAD);
  // Noted before anything is asked of the job. A job lost in between is cancelled after 30 days.
  await writeFile(idFile, await job.getId());
  return job;
}

async function update(manager: IBackgroundCopyManager): Promise<void> {
  const found = await findJob(manager);
  const job = found ?? (await createJob(manager));
  const { filesTotal, bytesTransferred } = await job.getProgress();
  if (filesTotal === 0) await job.addFile(url!, target);
  console.log(
    found ? `found job with ${bytesTransferred} bytes` : `created job ${await job.getId()}`,
  );

  const outcome = Promise.withResolvers<void>();
  // A job that was done before the crash says so now: an event nobody has heard is told to the
  // callback that comes later.
  await job.setNotifyInterface({
    jobTransferred: async () => {
      await job.complete();
      outcome.resolve();
    },
    jobError: async (_job, error) => outcome.reject(new Error(await error.getErrorDescription())),
    jobModification: () => {},
  });
  await job.resume();
  await outcome.promise;
  await rm(idFile, { force: true });
  console.log(`updated ${target}`);
}

// Nothing stands under the final name before `complete`, so what is there is whole.
if (existsSync(target)) {
  console.log(`already there: ${target}`);
} else {
  await using manager = await openManager({ dataDir: directory });
  await update(manager);
}
