import { DODownloadProperty } from '../../core/constants.ts';
import type {
  DO_DOWNLOAD_RANGES_INFO,
  DO_DOWNLOAD_STATUS,
  DownloadPropertyValue,
  IDODownload,
} from '../../core/interfaces/download.ts';
import { abortDownload, finalizeDownload, pauseDownload } from '../download/end-download.ts';
import { getDownloadProperty } from '../download/get-property.ts';
import { setDownloadProperty } from '../download/set-property.ts';
import { startDownload } from '../download/start-download.ts';
import { waitForEnd } from '../download/wait-for-end.ts';
import { statusOf } from '../download/watch-status.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';

/** IDODownload, on the engine of this process. */
export class DODownload implements IDODownload {
  readonly #engine: Engine;
  readonly #live: LiveJob;

  constructor(engine: Engine, live: LiveJob) {
    this.#engine = engine;
    this.#live = live;
  }

  async start(ranges?: DO_DOWNLOAD_RANGES_INFO | null): Promise<void> {
    this.#engine.assertOpen();
    await this.#engine.operate(this.#live, () => startDownload(this.#engine, this.#live, ranges));
    const blocks = this.#live.job.download?.properties[DODownloadProperty.BlockingMode] === true;
    // Outside of the operation, so that another call can still pause or abort the download.
    if (blocks) await waitForEnd(this.#engine, this.#live);
  }

  async pause(): Promise<void> {
    this.#engine.assertOpen();
    await pauseDownload(this.#engine, this.#live);
  }

  async abort(): Promise<void> {
    this.#engine.assertOpen();
    await abortDownload(this.#engine, this.#live);
  }

  async finalize(): Promise<void> {
    this.#engine.assertOpen();
    await finalizeDownload(this.#engine, this.#live);
  }

  async getStatus(): Promise<DO_DOWNLOAD_STATUS> {
    return statusOf(this.#live);
  }

  async getProperty(id: DODownloadProperty): Promise<Exclude<DownloadPropertyValue, Uint8Array>> {
    return getDownloadProperty(this.#engine, this.#live, id);
  }

  async setProperty(id: DODownloadProperty, value: DownloadPropertyValue): Promise<void> {
    this.#engine.assertOpen();
    await this.#engine.operate(this.#live, () =>
      setDownloadProperty(this.#engine, this.#live, id, value, this),
    );
  }
}
