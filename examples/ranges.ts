/**
 * Parts of a file: `node examples/ranges.ts URL FILE`.
 *
 * Fetches 4,096 bytes from offset 1,048,576, then the first 1,024 bytes, then everything from
 * 2,097,152 on. The local file holds the three parts in this order, one after the other.
 */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { BG_JOB_TYPE, BG_LENGTH_TO_EOF, openManager } from 'haulyard';

const [url, path] = process.argv.slice(2);
if (url === undefined || path === undefined) {
  console.error('usage: node examples/ranges.ts URL FILE');
  process.exit(2);
}

await using manager = await openManager();
const job = await manager.createJob('ranges', BG_JOB_TYPE.DOWNLOAD);
// The fileId names the content for its publisher; here nobody else knows the file.
const file = await job.addFileWithRanges(randomUUID(), url, resolve(path), [
  { initialOffset: 1_048_576, length: 4_096 },
  { initialOffset: 0, length: 1_024 },
  { initialOffset: 2_097_152, length: BG_LENGTH_TO_EOF },
]);

const outcome = Promise.withResolvers<void>();
await job.setNotifyInterface({
  jobTransferred: () => outcome.resolve(),
  jobError: async (_job, error) => outcome.reject(new Error(await error.getErrorDescription())),
  jobModification: () => {},
});
await job.resume();

try {
  await outcome.promise;
  await job.complete();
  const { bytesTotal } = await file.getProgress();
  console.log(`saved ${bytesTotal} bytes in ${await file.getLocalName()}`);
} catch (error) {
  await job.cancel();
  throw error;
}
