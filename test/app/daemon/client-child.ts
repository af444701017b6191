/** A program that uses the service through the client library, as any other program would. */
import { connect } from '../../../src/client/index.ts';
import { BG_JOB_TYPE, BG_NOTIFY } from '../../../src/index.ts';

const [task, socket, ...words] = process.argv.slice(2);
await using manager = await connect({ socket: socket! });

if (task === 'make') {
  const [remoteName, localName] = words;
  const job = await manager.createJob('made by one program', BG_JOB_TYPE.DOWNLOAD);
  await job.addFile(remoteName!, localName!);
  await job.resume();
  process.stdout.write(`${await job.getId()}\n`);
} else {
  const [id] = words;
  const job = await manager.getJob(id!);
  const ended = Promise.withResolvers<void>();
  await job.setNotifyInterface({
    async jobTransferred(transferred) {
      await transferred.complete();
      ended.resolve();
    },
    jobError: () => ended.reject(new Error('The job has failed.')),
    jobModification() {},
  });
  await job.setNotifyFlags(BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR);
  await ended.promise;
  process.stdout.write('completed\n');
}
