import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { DownloadStream } from '../../core/interfaces/download.ts';
import type { JobFile } from '../../core/job/file.ts';
import { covers, type IntervalSet } from '../../core/piece/interval-set.ts';
import type { Digester, RunningDigest } from '../../ports/digester.ts';
import type { PartialFile, PartialFileId, PartialFiles } from '../../ports/partial-files.ts';
import type { CarriedTransfer, Sink } from './download-memory.ts';

/** Bytes handed to a stream at once, and so what a pump holds in memory. */
const CHUNK_BYTES = 262_144;

const ALGORITHM = 'sha-256';

export interface StreamPumpOptions {
  readonly stream: DownloadStream;
  readonly partials: PartialFiles;
  readonly digester: Digester;
  /** The file as it is now. */
  file(): JobFile;
  partialId(): PartialFileId;
  /** Calls back after every change of the file; the returned function ends it. */
  onChange(tell: () => void): () => void;
}

/**
 * Hands the bytes of a download to a stream while they arrive: in the order of the ranges, each
 * once, the next chunk when the last one is taken. They come from the partial file, so a slow stream
 * costs disk and no memory, and the connections need not wait for it.
 *
 * Lives through pauses. When the file starts over behind its back, it goes on only if the new bytes
 * begin with those the stream has already.
 */
export class StreamPump implements Sink {
  readonly #options: StreamPumpOptions;
  /** Everything before this is in the stream. */
  #position = 0;
  /** Of everything before `#position`. */
  #digest: RunningDigest;
  /** What `#digest` came to, once it is to be compared. */
  #taken: string | undefined;
  /** Rises while bytes that the stream has are missing from the file. */
  #losses = 0;
  #lossesMended = 0;
  /** Which portion is fetched: a chunk of the one before does not count for the next. */
  #portion = 0;
  /** A chunk is being taken. */
  #writing = false;
  #failure: DeliveryOptimizationError | undefined;
  #wake: (() => void) | undefined;

  constructor(options: StreamPumpOptions) {
    this.#options = options;
    this.#digest = options.digester.start(ALGORITHM);
  }

  startOver(): void {
    this.#portion += 1;
    this.#position = 0;
    this.#digest = this.#options.digester.start(ALGORITHM);
    this.#taken = undefined;
    this.#lossesMended = this.#losses;
    this.#failure = undefined;
  }

  async carry(transfer: CarriedTransfer, signal: AbortSignal): Promise<void> {
    // A stream that failed may have mended, and is offered the same chunk again.
    this.#failure = undefined;
    const fault = new AbortController();
    const both = AbortSignal.any([signal, fault.signal]);
    const stopOther = (error: unknown): void => {
      if (!both.aborted) fault.abort(error);
    };
    await Promise.all([transfer.run(both).catch(stopOther), this.#pump(both).catch(stopOther)]);
    signal.throwIfAborted();
    // Whichever failed first is the cause; the other was stopped by it.
    fault.signal.throwIfAborted();
  }

  async #pump(signal: AbortSignal): Promise<void> {
    let part: PartialFile | undefined;
    const unsubscribe = this.#options.onChange(() => this.#fileChanged());
    const onAbort = (): void => this.#awake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#fileChanged();
      for (;;) {
        // A chunk that was under way at a pause is waited for before anything else is said of it.
        await this.#settled(signal);
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#finished()) return;
        if (this.#ready() <= this.#position && !this.#mendable()) {
          await this.#change();
          continue;
        }
        part ??= await this.#options.partials.open(this.#options.partialId(), true);
        // Not there although bytes are recorded: the transfer is about to find out and start over.
        if (part === undefined) await this.#change();
        else if (this.#mendable()) await this.#compare(part, signal);
        else await this.#handOver(part);
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
      await part?.[Symbol.asyncDispose]();
    }
  }

  /** Reads the next chunk and begins to write it. */
  async #handOver(part: PartialFile): Promise<void> {
    const losses = this.#losses;
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, this.#ready() - this.#position));
    const bytes = await part.read(chunk, this.#position);
    // Read while the file was emptied: the record says so before the disk does.
    if (this.#losses !== losses || this.#ready() < this.#position + bytes) return;
    if (bytes === 0) throw lost(this.#options.file());
    this.#writing = true;
    void this.#write(chunk.subarray(0, bytes)).finally(() => {
      this.#writing = false;
      this.#awake();
    });
  }

  /** Never rejects: the failure is kept for the pump, which may be stopped meanwhile. */
  async #write(chunk: Uint8Array): Promise<void> {
    const portion = this.#portion;
    try {
      // A copy, because the chunk still has to be digested and the stream may do with it as it likes.
      await this.#options.stream.write(chunk.slice());
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (portion === this.#portion)
        this.#failure = refused(chunk.length, this.#position, reason, cause);
      return;
    }
    if (portion !== this.#portion) return;
    this.#digest.update(chunk);
    this.#position += chunk.length;
  }

  /** Whether bytes the stream has were lost, and as many are here again. */
  #mendable(): boolean {
    return this.#losses !== this.#lossesMended && this.#ready() >= this.#position;
  }

  /** Compares the bytes that are here again with those that the stream has. */
  async #compare(part: PartialFile, signal: AbortSignal): Promise<void> {
    const losses = this.#losses;
    this.#taken ??= this.#digest.hex();
    const found = this.#options.digester.start(ALGORITHM);
    const next = this.#options.digester.start(ALGORITHM);
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (let at = 0; at < this.#position;) {
      signal.throwIfAborted();
      const wanted = buffer.subarray(0, Math.min(buffer.length, this.#position - at));
      const bytes = await part.read(wanted, at);
      if (this.#losses !== losses) return;
      if (bytes === 0) throw lost(this.#options.file());
      found.update(wanted.subarray(0, bytes));
      next.update(wanted.subarray(0, bytes));
      at += bytes;
    }
    if (found.hex() !== this.#taken) throw changed(this.#options.file(), this.#position);
    this.#digest = next;
    this.#taken = undefined;
    this.#lossesMended = losses;
  }

  #finished(): boolean {
    const { sizeBytes, written } = this.#options.file();
    return (
      sizeBytes !== undefined &&
      this.#losses === this.#lossesMended &&
      this.#position >= sizeBytes &&
      covers(written, 0, sizeBytes)
    );
  }

  #ready(): number {
    return prefixOf(this.#options.file().written);
  }

  #fileChanged(): void {
    if (this.#ready() < this.#position) this.#losses += 1;
    this.#awake();
  }

  /** Resolves once the write that is under way has ended; rejects as soon as the signal aborts. */
  async #settled(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#writing) {
      await this.#change();
      signal.throwIfAborted();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** Bytes from the beginning of the file without a gap. */
function prefixOf(written: IntervalSet): number {
  const [first] = written;
  return first?.start === 0 ? first.end : 0;
}

function refused(
  bytes: number,
  position: number,
  reason: string,
  cause: unknown,
): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'DO_E_FATAL_CORE_ERROR',
    `The stream did not take the ${bytes} bytes from ${position} on: ${reason}`,
    { cause, failureClass: 'fatal' },
  );
}

function lost(file: JobFile): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'ERROR_FILE_NOT_FOUND',
    `The bytes of ${file.fileId} that wait for the stream have vanished: start the download again.`,
    { failureClass: 'fatal' },
  );
}

function changed(file: JobFile, bytes: number): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'DO_E_FATAL_CORE_ERROR',
    `The file behind ${file.fileId} changed on the server after the stream had taken ${bytes} bytes of the earlier one: abort this download and make a new one.`,
    { failureClass: 'fatal' },
  );
}
