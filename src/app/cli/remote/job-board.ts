import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import type { JobResource } from '../../../rest/contract.ts';
import type { StreamedEvent } from '../../../rest/event-stream.ts';
import { allJobs } from './job-pages.ts';
import type { ServiceLink } from './service-link.ts';

const FINAL: readonly JobResource['state'][] = ['acknowledged', 'cancelled'];

/** The jobs as a watcher knows them, kept up to date by events. */
export class JobBoard {
  readonly #link: ServiceLink;
  readonly #onChange: (job: JobResource, event: StreamedEvent | undefined) => void;
  readonly #onTrouble: (error: unknown) => void;
  readonly #jobs = new Map<string, JobResource>();
  /** Jobs whose facts are being fetched; true: something happened since that began. */
  readonly #fetching = new Map<string, boolean>();

  /** @param onTrouble - hears why a job could not be read; the board goes on without it */
  constructor(
    link: ServiceLink,
    onChange: (job: JobResource, event: StreamedEvent | undefined) => void,
    onTrouble: (error: unknown) => void,
  ) {
    this.#link = link;
    this.#onChange = onChange;
    this.#onTrouble = onTrouble;
  }

  /** In order of creation. Final ones stay as long as the board does. */
  get jobs(): readonly JobResource[] {
    return [...this.#jobs.values()];
  }

  /** How many are neither completed nor cancelled. */
  get live(): number {
    return this.jobs.filter(({ state }) => !FINAL.includes(state)).length;
  }

  /** Reads all jobs anew, at the start and after a gap in the events. */
  async readAll(): Promise<void> {
    for (const job of await allJobs(this.#link)) this.#take(job, undefined);
  }

  /** Takes in an event: progress as it is, anything else by reading the job. */
  note(event: StreamedEvent): void {
    if (event.kind !== 'progress') {
      this.#refresh(event.jobId, event);
      return;
    }
    const job = this.#jobs.get(event.jobId);
    if (job === undefined) return;
    const { bytesTotal, bytesTransferred, filesTotal, filesTransferred, bytesPerSecond } = event;
    const progress = { bytesTotal, bytesTransferred, filesTotal, filesTransferred };
    this.#take({ ...job, progress, bytesPerSecond }, event);
  }

  #refresh(id: string, event: StreamedEvent): void {
    if (this.#fetching.has(id)) {
      this.#fetching.set(id, true);
      return;
    }
    this.#fetching.set(id, false);
    void this.#link.rest
      .call('getJob', { params: { id } })
      .then((job) => this.#take(job, event))
      .catch((error: unknown) => this.#missing(id, error))
      .finally(() => {
        const again = this.#fetching.get(id) === true;
        this.#fetching.delete(id);
        if (again) this.#refresh(id, event);
      });
  }

  /** A job that was removed is gone; a service that went away tells of its return. */
  #missing(id: string, error: unknown): void {
    if (isDeliveryOptimizationError(error) && error.code === 'DO_E_JOB_NOT_FOUND') {
      this.#jobs.delete(id);
      return;
    }
    this.#onTrouble(error);
  }

  #take(job: JobResource, event: StreamedEvent | undefined): void {
    this.#jobs.set(job.id, job);
    this.#onChange(job, event);
  }
}
