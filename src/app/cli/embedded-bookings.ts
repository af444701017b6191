import type { OpenManagerOptions } from '../../open.ts';
import type { Bookings } from './bookings.ts';
import type { GlobalOptions } from './global-options.ts';
import { readJobBook } from './job-book.ts';
import { openJobs } from './open-jobs.ts';
import type { Output } from './output.ts';
import { embeddedJob } from './runnable-job.ts';

/** Jobs of the engine in this process, which has the data directory until it is disposed of. */
export async function embeddedBookings(
  options: GlobalOptions,
  output: Output,
  engine: OpenManagerOptions,
): Promise<Bookings> {
  const manager = await openJobs('get', options, output, engine);
  const book = await readJobBook(manager);
  return {
    resumeOptions: '',
    async jobFor(wanted, demands) {
      const { job, note, begun } = await book.jobFor(manager, wanted, demands);
      return { job: embeddedJob(job), id: await job.getId(), note, begun };
    },
    [Symbol.asyncDispose]: () => manager[Symbol.asyncDispose](),
  };
}
