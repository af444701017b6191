import type {
  DO_DOWNLOAD_ENUM_CATEGORY,
  IDODownload,
  IDOManager,
} from '../../core/interfaces/download.ts';
import type { IEnumerator } from '../../core/interfaces/enumerator.ts';
import type { Engine } from '../engine.ts';

/**
 * IDOManager whose code is loaded by its first call. A program uses one family of interfaces or the
 * other, and a tenth of the engine's modules serve this one alone.
 */
export class LateDOManager implements IDOManager {
  readonly #engine: Engine;
  readonly #owner: string;
  #manager: Promise<IDOManager> | undefined;

  /** @param owner - the caller's user name: new downloads are theirs, and only theirs are listed */
  constructor(engine: Engine, owner: string) {
    this.#engine = engine;
    this.#owner = owner;
  }

  async createDownload(): Promise<IDODownload> {
    return (await this.#loaded()).createDownload();
  }

  async enumDownloads(
    category?: DO_DOWNLOAD_ENUM_CATEGORY | null,
  ): Promise<IEnumerator<IDODownload>> {
    return (await this.#loaded()).enumDownloads(category);
  }

  #loaded(): Promise<IDOManager> {
    this.#manager ??= import('./download-manager.ts').then(
      ({ DOManager }) => new DOManager(this.#engine, this.#owner),
    );
    return this.#manager;
  }
}
