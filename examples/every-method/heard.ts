import assert from 'node:assert/strict';
import type {
  IBackgroundCopyCallback,
  IBackgroundCopyError,
  IBackgroundCopyFile,
  IBackgroundCopyJob,
} from 'haulyard';

/** A callback that notes what it hears and lets the script wait for it. */
export class Heard implements IBackgroundCopyCallback {
  readonly transferred: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly failed: PromiseWithResolvers<IBackgroundCopyError> = Promise.withResolvers();
  /** Ids of the jobs that each call was about. */
  readonly jobs: Set<string> = new Set();
  readonly files: string[] = [];
  modifications = 0;
  overlaps = 0;
  #busy = false;

  async jobTransferred(job: IBackgroundCopyJob): Promise<void> {
    await this.#alone(job, async () => this.transferred.resolve());
  }

  async jobError(job: IBackgroundCopyJob, error: IBackgroundCopyError): Promise<void> {
    await this.#alone(job, async () => this.failed.resolve(error));
  }

  async jobModification(job: IBackgroundCopyJob, reserved: number): Promise<void> {
    await this.#alone(job, async () => {
      assert.equal(reserved, 0);
      this.modifications += 1;
    });
  }

  async fileTransferred(job: IBackgroundCopyJob, file: IBackgroundCopyFile): Promise<void> {
    await this.#alone(job, async () => void this.files.push(await file.getLocalName()));
  }

  /** Calls for one job never overlap; counts those that do. */
  async #alone(job: IBackgroundCopyJob, note: () => Promise<void>): Promise<void> {
    if (this.#busy) this.overlaps += 1;
    this.#busy = true;
    this.jobs.add(await job.getId());
    await note();
    this.#busy = false;
  }
}
