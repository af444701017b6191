import { randomUUID } from 'node:crypto';

import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../../core/errors.ts';
import type { IDODownload, IDOManager } from '../../core/interfaces/download.ts';
import { AgentDownload, unknownDownload, type DownloadHost } from './agent-download.ts';
import type { AgentDownloads } from './agent-downloads.ts';
import type { AgentRecord } from './agent-record.ts';
import { engineIdOf } from './engine-download.ts';
import { MAX_DOWNLOADS } from './limits.ts';
import { checkPath, checkUri } from './properties.ts';
import { RecordStore } from './record-store.ts';

export interface IdoDownloadsOptions {
  /** Of the user the agent's downloads belong to. */
  readonly manager: IDOManager;
  /** For the records of the downloads; nobody else may write there. Made when it is missing. */
  readonly directory: string;
  readonly warn: (message: string) => void;
  /**
   * Whether downloads are foreground ones; default true: the agent's programs wait for their files,
   * and the agent knows neither hours nor costs.
   */
  readonly foreground?: boolean | undefined;
  /** Downloads that are neither finalized nor aborted, 10,000 unless told. */
  readonly maxDownloads?: number | undefined;
  /** Wall-clock milliseconds since 1970. */
  readonly wallMs?: (() => number) | undefined;
  /** Refuses with E_ACCESSDENIED a path where the user of the downloads could not put a file. */
  readonly checkTarget?: ((path: string) => Promise<void>) | undefined;
}

/**
 * The agent's downloads on the engine's IDO family. They survive a restart with their ids, at
 * whatever point the process ended.
 */
export async function openIdoDownloads(
  options: IdoDownloadsOptions,
): Promise<AgentDownloads & AsyncDisposable> {
  const downloads = new IdoDownloads(options, await RecordStore.open(options.directory));
  await downloads.recover();
  return downloads;
}

class IdoDownloads implements AgentDownloads, AsyncDisposable {
  readonly #host: DownloadHost;
  readonly #maxDownloads: number;
  readonly #downloads = new Map<string, AgentDownload>();

  constructor(options: IdoDownloadsOptions, store: RecordStore) {
    this.#maxDownloads = options.maxDownloads ?? MAX_DOWNLOADS;
    this.#host = {
      manager: options.manager,
      foreground: options.foreground ?? true,
      store,
      warn: options.warn,
      wallMs: options.wallMs ?? (() => Date.now()),
      checkTarget: options.checkTarget ?? (() => Promise.resolve()),
      forget: (id) => void this.#downloads.delete(id),
    };
  }

  async recover(): Promise<void> {
    const { store, warn } = this.#host;
    const records = await store.readAll(warn);
    if (records.length === 0) return;
    const engines = await this.#engineDownloads();
    for (const record of records) {
      const download = new AgentDownload(this.#host, record);
      this.#downloads.set(record.id, download);
      try {
        await download.recover(engines);
      } catch (error) {
        // It is there under its id all the same, and the client's next call meets the reason.
        warn(`The agent download ${record.id} could not be taken up: ${String(error)}`);
      }
    }
  }

  async create(uri: string | undefined, path: string | undefined): Promise<string> {
    if (this.#downloads.size >= this.#maxDownloads) {
      throw new DeliveryOptimizationError(
        'E_OUTOFMEMORY',
        `There are ${this.#downloads.size} downloads already; finalize or abort some.`,
      );
    }
    const record: AgentRecord = {
      id: randomUUID(),
      uri: uri === undefined ? undefined : checkUri(uri),
      path: path === undefined ? undefined : checkPath(path),
      noProgressSeconds: 0,
      phase: { kind: 'created' },
    };
    // In the table first, so that many at once cannot pass the limit together.
    this.#downloads.set(record.id, new AgentDownload(this.#host, record));
    try {
      await this.#host.store.write(record);
    } catch (error) {
      this.#downloads.delete(record.id);
      throw error;
    }
    return record.id;
  }

  async start(id: string): Promise<void> {
    await this.#find(id).start();
  }

  async pause(id: string): Promise<void> {
    await this.#find(id).pause();
  }

  async finalize(id: string): Promise<void> {
    await this.#find(id).finalize();
  }

  async abort(id: string): Promise<void> {
    await this.#find(id).abort();
  }

  async status(id: string): ReturnType<AgentDownloads['status']> {
    return this.#find(id).status();
  }

  async getProperty(...[id, key]: Parameters<AgentDownloads['getProperty']>): Promise<string> {
    return this.#find(id).getProperty(key);
  }

  async setProperty(...[id, key, value]: Parameters<AgentDownloads['setProperty']>): Promise<void> {
    await this.#find(id).setProperty(key, value);
  }

  /** Waits for the changes under way; the downloads go on in the engine. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const download of this.#downloads.values()) await download.settled();
  }

  #find(id: string): AgentDownload {
    const download = this.#downloads.get(id);
    if (download === undefined) throw unknownDownload();
    return download;
  }

  /** The engine's downloads by their ids. */
  async #engineDownloads(): Promise<Map<string, IDODownload>> {
    const found = new Map<string, IDODownload>();
    try {
      for await (const engine of await this.#host.manager.enumDownloads()) {
        found.set(await engineIdOf(engine), engine);
      }
    } catch (error) {
      const isNone = isDeliveryOptimizationError(error) && error.code === 'DO_E_NO_DOWNLOADS';
      if (!isNone) throw error;
    }
    return found;
  }
}
