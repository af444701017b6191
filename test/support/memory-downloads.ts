import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';

import { DODownloadProperty, DODownloadState } from '../../src/core/constants.ts';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import type {
  DO_DOWNLOAD_RANGES_INFO,
  DO_DOWNLOAD_STATUS,
  DownloadPropertyValue,
  IDODownload,
  IDODownloadStatusCallback,
  IDOManager,
} from '../../src/core/interfaces/download.ts';
import type { IEnumerator } from '../../src/core/interfaces/enumerator.ts';

type ReadableValue = Exclude<DownloadPropertyValue, Uint8Array>;

/**
 * Downloads of the IDO family without an engine: the states and calls of job-lifecycle.md 11, with
 * the test in the place of the network. `finalize` writes the content to LocalPath.
 */
export class MemoryDownloads implements IDOManager {
  readonly #downloads = new Map<string, MemoryDownload>();
  /** Thrown by the next call of that name, on whichever download. */
  readonly failures: Map<string, DeliveryOptimizationError> = new Map();
  /** Awaited before every call has its effect; one that never resolves is a process that was killed. */
  beforeCall: (call: string) => Promise<void> = () => Promise.resolve();

  async createDownload(): Promise<IDODownload> {
    await this.called('createDownload');
    const download = new MemoryDownload(this);
    this.#downloads.set(download.id, download);
    return download;
  }

  enumDownloads(): Promise<IEnumerator<IDODownload>> {
    const all = this.all;
    if (all.length === 0) {
      return Promise.reject(new DeliveryOptimizationError('DO_E_NO_DOWNLOADS', 'There is none.'));
    }
    return Promise.resolve(snapshot(all));
  }

  /** Those that are not final, oldest first. */
  get all(): readonly MemoryDownload[] {
    return [...this.#downloads.values()].filter((each) => !each.isFinal);
  }

  /** The one download whose LocalPath or DisplayName holds this text. */
  named(part: string): MemoryDownload {
    const found = this.all.filter((each) => each.names.some((name) => name.includes(part)));
    if (found[0] === undefined || found.length > 1) {
      throw new Error(`${found.length} downloads match ${part}.`);
    }
    return found[0];
  }

  /**
   * What a restart of the host does: volatile downloads are gone, callbacks too, and what was
   * finalized or aborted is not listed any more.
   */
  restart(): void {
    for (const [id, download] of this.#downloads) {
      download.dropCallback();
      if (download.isFinal || !download.isNonVolatile) this.#downloads.delete(id);
    }
  }

  async called(call: string): Promise<void> {
    await this.beforeCall(call);
    const failure = this.failures.get(call);
    if (failure === undefined) return;
    this.failures.delete(call);
    throw failure;
  }
}

export class MemoryDownload implements IDODownload {
  readonly id: string = randomUUID();
  readonly #manager: MemoryDownloads;
  readonly #properties = new Map<DODownloadProperty, DownloadPropertyValue>();
  #status: DO_DOWNLOAD_STATUS = {
    state: DODownloadState.Created,
    bytesTotal: 0,
    bytesTransferred: 0,
    error: 0,
    extendedError: 0,
  };
  #content: Buffer = Buffer.alloc(0);
  /** Calls of `start` that had an effect. */
  startCount = 0;

  constructor(manager: MemoryDownloads) {
    this.#manager = manager;
  }

  get isFinal(): boolean {
    const { state } = this.#status;
    return state === DODownloadState.Finalized || state === DODownloadState.Aborted;
  }

  get isNonVolatile(): boolean {
    return this.#properties.get(DODownloadProperty.NonVolatile) === true;
  }

  get names(): readonly string[] {
    return [DODownloadProperty.LocalPath, DODownloadProperty.DisplayName]
      .map((id) => this.#properties.get(id))
      .filter((value) => typeof value === 'string');
  }

  /** A property as it was set, without asking whether it may be read. */
  property(id: DODownloadProperty): DownloadPropertyValue | undefined {
    return this.#properties.get(id);
  }

  // The calls.

  async start(ranges?: DO_DOWNLOAD_RANGES_INFO | null): Promise<void> {
    await this.#manager.called('start');
    const { state } = this.#status;
    if (this.isFinal) throw invalidState('start');
    if (ranges === null && state === DODownloadState.Created) {
      throw new DeliveryOptimizationError('DO_E_DOWNLOAD_RANGES_EXPECTED', 'Give ranges.');
    }
    if (ranges !== null && state === DODownloadState.Transferring) throw invalidState('start');
    if (state === DODownloadState.Transferring || state === DODownloadState.Transferred) return;
    this.startCount += 1;
    this.set({ state: DODownloadState.Transferring, error: 0, extendedError: 0 });
  }

  async pause(): Promise<void> {
    await this.#manager.called('pause');
    if (this.isFinal) throw invalidState('pause');
    const { state } = this.#status;
    if (state === DODownloadState.Transferring || state === DODownloadState.Paused) {
      this.set({ state: DODownloadState.Paused, error: 0, extendedError: 0 });
    }
  }

  async abort(): Promise<void> {
    await this.#manager.called('abort');
    if (this.#status.state === DODownloadState.Finalized) throw invalidState('abort');
    this.set({ state: DODownloadState.Aborted });
  }

  async finalize(): Promise<void> {
    await this.#manager.called('finalize');
    if (this.#status.state === DODownloadState.Finalized) return;
    if (this.#status.state !== DODownloadState.Transferred) throw invalidState('finalize');
    const path = this.#properties.get(DODownloadProperty.LocalPath);
    if (typeof path !== 'string') throw invalidState('finalize without LocalPath');
    await rm(path, { force: true });
    await writeFile(path, this.#content, { mode: 0o600 });
    this.set({ state: DODownloadState.Finalized });
  }

  async getStatus(): Promise<DO_DOWNLOAD_STATUS> {
    await this.#manager.called('getStatus');
    return this.#status;
  }

  async getProperty(id: DODownloadProperty): Promise<ReadableValue> {
    if (id === DODownloadProperty.Id) return this.id;
    const value = this.#properties.get(id);
    if (value === undefined || value instanceof Uint8Array) {
      throw new DeliveryOptimizationError('E_NOT_SET', 'The property was never set.');
    }
    return value;
  }

  async setProperty(id: DODownloadProperty, value: DownloadPropertyValue): Promise<void> {
    await this.#manager.called('setProperty');
    if (this.isFinal) throw invalidState('setProperty');
    const isShort = id === DODownloadProperty.NoProgressTimeoutSeconds && Number(value) < 60;
    if (isShort) throw new DeliveryOptimizationError('E_INVALIDARG', 'At least 60 seconds.');
    this.#properties.set(id, value);
  }

  // What the network does, told by the test.

  /** Changes the status and tells the callback, as the engine does. */
  set(change: Partial<DO_DOWNLOAD_STATUS>): void {
    this.#status = { ...this.#status, ...change };
    const callback = this.#properties.get(DODownloadProperty.CallbackInterface);
    if (typeof callback === 'object' && callback !== null && 'onStatusChange' in callback) {
      const status = this.#status;
      const listener: IDODownloadStatusCallback = callback;
      setImmediate(() => {
        // A restart in between has taken the callback's process with it.
        const isStillThere =
          this.#properties.get(DODownloadProperty.CallbackInterface) === callback;
        if (isStillThere) listener.onStatusChange(this, status);
      });
    }
  }

  /** All bytes have come. */
  complete(content: Buffer): void {
    this.#content = content;
    this.set({
      state: DODownloadState.Transferred,
      bytesTotal: content.length,
      bytesTransferred: content.length,
      error: 0,
      extendedError: 0,
    });
  }

  /** Nobody is told of changes any more. */
  dropCallback(): void {
    this.#properties.delete(DODownloadProperty.CallbackInterface);
  }
}

function invalidState(call: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('DO_E_INVALID_STATE', `${call} is not allowed now.`);
}

function snapshot(items: readonly IDODownload[]): IEnumerator<IDODownload> {
  let position = 0;
  return {
    next: (count = 1) => Promise.resolve(items.slice(position, (position += count))),
    skip(count) {
      position += count;
      return Promise.resolve(position <= items.length ? 0 : 1);
    },
    reset() {
      position = 0;
      return Promise.resolve();
    },
    getCount: () => Promise.resolve(items.length),
    async *[Symbol.asyncIterator]() {
      yield* items.slice(position);
    },
  };
}
