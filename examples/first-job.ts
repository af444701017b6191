import { resolve } from 'node:path';
import { BG_JOB_TYPE, openManager } from 'haulyard';

const [url = '', path = ''] = process.argv.slice(2);

await using manager = await openManager(); // the engine, in this process
const job = await manager.createJob('first job', BG_JOB_TYPE.DOWNLOAD);
await job.addFile(url, resolve(path));

const { promise: finished, resolve: succeed, reject: fail } = Promise.withResolvers<void>();
await job.setNotifyInterface({
  jobTransferred: async () => {
    await job.complete(); // only now does the file appear under its name
    succeed();
  },
  jobError: async (_job, error) => fail(new Error(await error.getErrorDescription())),
  jobModification: () => {},
});
await job.resume();
await finished;

const { bytesTransferred, filesTransferred } = await job.getProgress();
console.log(`${filesTransferred} file, ${bytesTransferred} bytes: ${path}`);
