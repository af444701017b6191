/**
 * A download by the service: `node examples/remote.ts URL FILE`.
 *
 * The job belongs to the service, so this program may end at any moment: `node examples/remote.ts JOB`
 * goes on with it, from the same place and even if the job was finished in between. Start the
 * service first, with `haulyard daemon run`.
 */
import { resolve } from 'node:path';
import {
  BG_JOB_TYPE,
  type HaulyardManager,
  type IBackgroundCopyJob,
  connect,
  isDeliveryOptimizationError,
} from 'haulyard/client';

const [urlOrJob, path] = process.argv.slice(2);
if (urlOrJob === undefined) {
  console.error('usage: node examples/remote.ts URL FILE | JOB');
  process.exit(2);
}

/** A new job, started: from now on the service is at work on it. */
async function createJob(
  manager: HaulyardManager,
  url: string,
  target: string,
): Promise<IBackgroundCopyJob> {
  const job = await manager.createJob(`fetch ${target}`, BG_JOB_TYPE.DOWNLOAD);
  await job.addFile(url, target);
  await job.resume();
  console.log(`job ${await job.getId()}`);
  return job;
}

/** Waits until the service says that the job is done, and has its file put into place. */
async function finish(job: IBackgroundCopyJob): Promise<void> {
  const outcome = Promise.withResolvers<void>();
  await job.setNotifyInterface({
    // The event counts as taken once this promise has resolved; until then it comes again.
    jobTransferred: async () => {
      await job.complete();
      outcome.resolve();
    },
    jobError: async (_job, error) => outcome.reject(new Error(await error.getErrorDescription())),
    jobModification: () => {},
  });
  await outcome.promise;
  const [file] = await (await job.enumFiles()).next();
  console.log(`saved ${await file!.getLocalName()}`);
}

try {
  await using manager = await connect();
  const job =
    path === undefined
      ? await manager.getJob(urlOrJob)
      : await createJob(manager, urlOrJob, resolve(path));
  await finish(job);
} catch (error) {
  const code = isDeliveryOptimizationError(error) ? `${error.code}: ` : '';
  console.error(code + (error as Error).message);
  process.exitCode = 1;
}
