import { DODownloadProperty, DODownloadState } from '../../core/constants.ts';
import { asDeliveryOptimizationError, DeliveryOptimizationError } from '../../core/errors.ts';
import type { IDODownload } from '../../core/interfaces/download.ts';
import type { AgentProperty, AgentStatus } from './agent-downloads.ts';
import type { AgentPhase, AgentRecord, FileMark } from './agent-record.ts';
import {
  contentAt,
  createPlaceholder,
  publishContent,
  removeIfMade,
  removeUnrecorded,
  stagingPath,
} from './destination.ts';
import { abortEngine, launchEngine, watchEngine, type EngineHost } from './engine-download.ts';
import {
  checkNotEmpty,
  checkPath,
  checkUri,
  engineNoProgressSeconds,
  parseNoProgressSeconds,
} from './properties.ts';
import type { RecordStore } from './record-store.ts';
import { CREATED, runningStatus, transferredStatus, undelivered } from './shown-status.ts';
import { Turns } from './turns.ts';

/** What a download of the agent needs of those it belongs to. */
export interface DownloadHost extends EngineHost {
  readonly store: RecordStore;
  /** Wall-clock milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Refuses a path where the user the downloads belong to could not put a file. */
  readonly checkTarget: (path: string) => Promise<void>;
  /** Called once a download has been finalized or aborted: its id is unknown from then on. */
  readonly forget: (id: string) => void;
}

type StartedPhase = Extract<AgentPhase, { kind: 'started' }>;
type StagedPhase = Extract<AgentPhase, { kind: 'staged' }>;

/**
 * One download of a client of the agent: the agent's states and file, on a download of the engine.
 *
 * The engine delivers to a staging name beside the path, because at the path stands the empty file
 * that the agent's clients expect from `start` on. When the engine is done, the content is renamed
 * over that file, and only then is the download Transferred. `AgentPhase` says what is stored when.
 */
export class AgentDownload {
  readonly #host: DownloadHost;
  #record: AgentRecord;
  #engine: IDODownload | undefined;
  /** The content stands at the path. Not stored: where the content is tells it after a restart. */
  #isPublished = false;
  /** Why the content could not be delivered; `start` tries again. */
  #deliveryError: DeliveryOptimizationError | undefined;
  /** Finalized or aborted: a call that waited its turn until then comes too late. */
  #isOver = false;
  readonly #turns = new Turns();

  constructor(host: DownloadHost, record: AgentRecord) {
    this.#host = host;
    this.#record = record;
  }

  get id(): string {
    return this.#record.id;
  }

  /** Resolves when no change is under way. */
  settled(): Promise<void> {
    return this.#turns.settled();
  }

  start(): Promise<void> {
    return this.#turns.run(async () => {
      const { phase } = this.#known();
      switch (phase.kind) {
        case 'created':
          return this.#begin();
        case 'starting':
          // An earlier start failed, and so did going back.
          await this.#revert();
          return this.#begin();
        case 'started':
          return this.#resume(phase);
        case 'staged':
          return this.#retryDelivery();
      }
    });
  }

  pause(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#known().phase.kind !== 'started') return;
      const engine = this.#engine;
      const state = (await engine?.getStatus())?.state;
      // Also when the engine itself has paused it: it would go on by itself otherwise.
      if (state === DODownloadState.Transferring || state === DODownloadState.Paused) {
        await engine?.pause();
      }
    });
  }

  finalize(): Promise<void> {
    return this.#turns.run(async () => {
      this.#known();
      await this.#deliverIfDone();
      if (!this.#isPublished) {
        const message = 'Only a download that is Transferred can be finalized.';
        throw new DeliveryOptimizationError('DO_E_INVALID_STATE', message);
      }
      await this.#forget();
    });
  }

  abort(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#isOver) throw unknownDownload();
      const { phase } = this.#record;
      if (phase.kind === 'starting') await this.#revert();
      if (phase.kind === 'started' || phase.kind === 'staged') {
        // Stored first: a process that ends here must not leave a download that has lost its engine.
        await this.#enter({
          kind: 'aborting',
          engineId: phase.kind === 'started' ? phase.engineId : undefined,
          made: phase.kind === 'started' ? [phase.placeholder] : [phase.placeholder, phase.content],
        });
      }
      await this.#finishAbort();
    });
  }

  async status(): Promise<AgentStatus> {
    const { phase } = this.#known();
    switch (phase.kind) {
      case 'created':
      case 'starting':
        return CREATED;
      case 'started':
        return this.#startedStatus();
      case 'staged':
        if (!this.#isPublished) await this.#turns.run(() => this.#deliverIfDone());
        return this.#stagedStatus(phase);
    }
  }

  getProperty(key: AgentProperty): string {
    const { id, uri, path, noProgressSeconds } = this.#known();
    switch (key) {
      case 'Id':
        return id;
      case 'Uri':
        return uri ?? '';
      case 'DownloadFilePath':
        return path ?? '';
      case 'NoProgressTimeoutSeconds':
        return String(noProgressSeconds);
    }
  }

  setProperty(key: AgentProperty, value: string): Promise<void> {
    return this.#turns.run(async () => {
      this.#known();
      switch (key) {
        case 'Id':
          throw new DeliveryOptimizationError('DO_E_READ_ONLY_PROPERTY', 'The id cannot be set.');
        case 'Uri':
          return this.#setUri(value);
        case 'DownloadFilePath':
          return this.#setPath(value);
        case 'NoProgressTimeoutSeconds':
          return this.#setNoProgress(value);
      }
    });
  }

  /**
   * Takes up what an earlier process has left, whatever point it ended at.
   *
   * @param engines - the engine's downloads by id
   */
  recover(engines: ReadonlyMap<string, IDODownload>): Promise<void> {
    return this.#turns.run(async () => {
      const { phase } = this.#record;
      switch (phase.kind) {
        case 'created':
          return;
        case 'starting':
          // Nobody was told that it has started.
          return this.#revert();
        case 'started':
          return this.#recoverStarted(phase, engines.get(phase.engineId));
        case 'staged':
          this.#isPublished = (await contentAt(this.#staging)) === undefined;
          return this.#deliverIfDone();
        case 'aborting':
          this.#engine = engines.get(phase.engineId ?? '');
          return this.#finishAbort();
      }
    });
  }

  // Starting.

  async #begin(): Promise<void> {
    const { uri, path } = this.#record;
    if (uri === undefined) {
      throw new DeliveryOptimizationError('DO_E_DOWNLOAD_NO_URI', 'Set a Uri before starting.');
    }
    if (path === undefined) {
      const message = 'Set a DownloadFilePath before starting.';
      throw new DeliveryOptimizationError('DO_E_FILE_DOWNLOADSINK_UNSPECIFIED', message);
    }
    await this.#enter({ kind: 'starting', sinceMs: this.#host.wallMs() });
    let placeholder: FileMark | undefined;
    try {
      placeholder = await createPlaceholder(path, this.#host.checkTarget);
      await this.#launch(uri, path, placeholder);
    } catch (error) {
      this.#engine = undefined;
      if (placeholder !== undefined) await removeIfMade(path, [placeholder]);
      await this.#enter({ kind: 'created' });
      throw error;
    }
  }

  /** Gives the download to the engine and starts it there. */
  async #launch(uri: string, path: string, placeholder: FileMark): Promise<void> {
    this.#engine = await launchEngine(this.#host, {
      uri,
      localPath: this.#staging,
      displayName: path,
      noProgressSeconds: engineNoProgressSeconds(this.#record.noProgressSeconds),
      changed: () => this.#engineChanged(),
      created: (engineId) => this.#enter({ kind: 'started', engineId, placeholder }),
    });
  }

  async #resume({ placeholder }: StartedPhase): Promise<void> {
    if (this.#deliveryError !== undefined) return this.#retryDelivery();
    const state = (await this.#engine?.getStatus())?.state;
    if (state === DODownloadState.Paused) await this.#engine?.start(null);
    // The engine gives up what is too old; to the agent's clients a download has no age.
    if (state === undefined || state === DODownloadState.Aborted) await this.#relaunch(placeholder);
  }

  /** A new download of the engine in place of one that is gone. */
  async #relaunch(placeholder: FileMark): Promise<void> {
    const { uri, path } = this.#record;
    if (uri === undefined || path === undefined) return;
    await this.#launch(uri, path, placeholder);
  }

  /** Back to Created, without the empty file that may have been made. */
  async #revert(): Promise<void> {
    const { path, phase } = this.#record;
    if (phase.kind !== 'starting') return;
    if (path !== undefined) await removeUnrecorded(path, phase.sinceMs);
    await this.#enter({ kind: 'created' });
  }

  async #recoverStarted(phase: StartedPhase, engine: IDODownload | undefined): Promise<void> {
    this.#engine = engine;
    const state = (await engine?.getStatus())?.state;
    if (state === undefined) {
      // The engine forgets what it has delivered, so a file under the staging name is whole.
      if ((await contentAt(this.#staging)) !== undefined) return this.#deliver();
      this.#host.warn(`The engine has lost the agent download ${this.id}; it starts over.`);
      return this.#relaunch(phase.placeholder);
    }
    await watchEngine(engine, () => this.#engineChanged());
    if (state === DODownloadState.Created) await engine?.start({ ranges: [] });
    await this.#deliverIfDone();
  }

  // Delivering.

  /** Called by the engine, from anywhere. */
  #engineChanged(): void {
    void this.#turns
      .run(() => this.#deliverIfDone())
      .catch((error: unknown) => {
        this.#host.warn(`The agent download ${this.id}: ${String(error)}`);
      });
  }

  async #retryDelivery(): Promise<void> {
    this.#deliveryError = undefined;
    await this.#deliverIfDone();
  }

  /** Puts the content into place if the engine has all of it. A failure is kept for the status. */
  async #deliverIfDone(): Promise<void> {
    if (this.#isPublished || this.#deliveryError !== undefined) return;
    const { kind } = this.#record.phase;
    if (kind === 'started') {
      const state = (await this.#engine?.getStatus())?.state;
      if (state !== DODownloadState.Transferred && state !== DODownloadState.Finalized) return;
    } else if (kind !== 'staged') return;
    await this.#deliver();
  }

  async #deliver(): Promise<void> {
    try {
      if (this.#record.phase.kind === 'started') await this.#stage(this.#record.phase);
      if (this.#record.phase.kind === 'staged') {
        const { path } = this.#record;
        const { placeholder, content } = this.#record.phase;
        if (path !== undefined) await publishContent(this.#staging, path, placeholder, content);
        this.#isPublished = true;
      }
    } catch (error) {
      this.#deliveryError = asDeliveryOptimizationError(error, 'E_FAIL');
      this.#host.warn(`The agent download ${this.id}: ${this.#deliveryError.message}`);
    }
  }

  /** Has the engine deliver to the staging name, and stores that it did. */
  async #stage({ placeholder }: StartedPhase): Promise<void> {
    await this.#engine?.finalize();
    const content = await contentAt(this.#staging);
    if (content === undefined) {
      throw new DeliveryOptimizationError('ERROR_FILE_NOT_FOUND', 'The delivered file is gone.');
    }
    await this.#enter({ kind: 'staged', placeholder, content: content.mark, bytes: content.bytes });
    this.#engine = undefined;
  }

  // Status.

  async #startedStatus(): Promise<AgentStatus> {
    const status = await this.#engine?.getStatus();
    const isDone =
      status?.state === DODownloadState.Transferred || status?.state === DODownloadState.Finalized;
    if (isDone && this.#deliveryError === undefined) {
      await this.#turns.run(() => this.#deliverIfDone());
      const { phase } = this.#known();
      if (phase.kind === 'staged') return this.#stagedStatus(phase);
    }
    return runningStatus(status, this.#deliveryError);
  }

  #stagedStatus({ bytes }: StagedPhase): AgentStatus {
    return this.#isPublished ? transferredStatus(bytes) : undelivered(this.#deliveryError, bytes);
  }

  // Properties.

  async #setUri(value: string): Promise<void> {
    checkNotEmpty('Uri', value);
    checkUri(value);
    if (this.#record.phase.kind !== 'created') {
      const state = (await this.#engine?.getStatus())?.state;
      if (state !== DODownloadState.Paused) throw wrongState('Uri', 'Created or Paused');
      await this.#engine?.setProperty(DODownloadProperty.Uri, value);
    }
    await this.#store({ ...this.#record, uri: value });
  }

  async #setPath(value: string): Promise<void> {
    checkNotEmpty('DownloadFilePath', value);
    checkPath(value);
    if (this.#record.phase.kind !== 'created') throw wrongState('DownloadFilePath', 'Created');
    await this.#store({ ...this.#record, path: value });
  }

  async #setNoProgress(value: string): Promise<void> {
    const seconds = parseNoProgressSeconds(value);
    await this.#engine?.setProperty(
      DODownloadProperty.NoProgressTimeoutSeconds,
      engineNoProgressSeconds(seconds),
    );
    await this.#store({ ...this.#record, noProgressSeconds: seconds });
  }

  // Ending.

  async #finishAbort(): Promise<void> {
    const { path, phase } = this.#record;
    if (this.#engine !== undefined) await abortEngine(this.#engine);
    if (path !== undefined && phase.kind === 'aborting') await this.#deleteMade(path, phase.made);
    await this.#forget();
  }

  async #forget(): Promise<void> {
    await this.#host.store.remove(this.id);
    this.#isOver = true;
    this.#host.forget(this.id);
  }

  /** A file that cannot be deleted keeps nobody from giving the download up. */
  async #deleteMade(path: string, made: readonly FileMark[]): Promise<void> {
    try {
      const content = await contentAt(this.#staging);
      if (content !== undefined) await removeIfMade(this.#staging, [content.mark]);
      await removeIfMade(path, made);
    } catch (error) {
      this.#host.warn(`The agent download ${this.id} was aborted. ${String(error)}`);
    }
  }

  // Keeping.

  get #staging(): string {
    return stagingPath(this.#record.path ?? '/', this.id);
  }

  /** The record, unless the download has been given up. */
  #known(): AgentRecord & { readonly phase: Exclude<AgentPhase, { kind: 'aborting' }> } {
    const { phase } = this.#record;
    if (this.#isOver || phase.kind === 'aborting') throw unknownDownload();
    return { ...this.#record, phase };
  }

  #enter(phase: AgentPhase): Promise<void> {
    return this.#store({ ...this.#record, phase });
  }

  async #store(record: AgentRecord): Promise<void> {
    await this.#host.store.write(record);
    this.#record = record;
  }
}

/** The error for an id that nothing has, or has any more. */
export function unknownDownload(): DeliveryOptimizationError {
  const message = 'No download has this id; it may have been finalized or aborted.';
  return new DeliveryOptimizationError('E_NOT_SET', message);
}

function wrongState(key: string, states: string): DeliveryOptimizationError {
  const message = `${key} can be set only while the download is ${states}.`;
  return new DeliveryOptimizationError('DO_E_INVALID_STATE', message);
}
