import type { PlannedDownload } from './download-plan.ts';
import type { Demands } from './job-book.ts';
import type { RunnableJob } from './runnable-job.ts';

/** The job for a download. */
export interface Booking {
  readonly job: RunnableJob;
  readonly id: string;
  /** Why an earlier job was not taken up although there was one; for people. */
  readonly note: string | undefined;
  /** It is new, and has begun already: nothing of it was here before. */
  readonly begun: boolean;
}

/** Where the jobs of a command live: in this process or with the service. */
export interface Bookings extends AsyncDisposable {
  /** What `haulyard resume` needs to do what this command did, with a blank before it. */
  readonly resumeOptions: string;
  /** The unfinished job for the same URL and file, or a new one; with the demands set either way. */
  jobFor(wanted: PlannedDownload, demands: Demands): Promise<Booking>;
}
