import { asDeliveryOptimizationError } from '../core/errors.ts';
import { failureOf, type TransferFailure } from '../core/job/failure.ts';
import type { JobFile } from '../core/job/file.ts';
import { mayBegin } from '../core/picker/file-window.ts';
import { setSize } from '../core/piece/interval-set.ts';
import { FileTransfer } from './transfer/file-transfer.ts';
import type { TransferContext } from './transfer/transfer-context.ts';

/** What a run hears of one of its files. */
export interface FileEvents {
  /** The file has changed: bytes were written, its size was learned. */
  changed(): void;
  /** Nothing more is asked of the network for it. */
  fetched(): void;
  /** It waits for a connection that other files have, or waits no longer. */
  waiting(waits: boolean): void;
}

/** What a run asks of the engine. */
export interface RunHost {
  /** The first file that is not done, of those from the given index on. */
  nextFile(from: number): JobFile | undefined;
  contextFor(file: JobFile, events: FileEvents): TransferContext;
  /** Runs the transfer of a file, and whatever its bytes go through besides. */
  carry(transfer: FileTransfer, signal: AbortSignal): Promise<void>;
  /** Files that may be fetched at once, at least 1. */
  filesAtOnce(): number;
  /** Every file that is being fetched waits for a connection, or no longer every one. */
  waiting(waits: boolean): void;
  /** Makes a file done; resolves once that is stored, and rejects when it cannot be. */
  fileDone(index: number): Promise<void>;
  /** Every file is done: the job must not keep its slot. */
  nothingLeft(): void;
  failed(failure: TransferFailure): void;
  /** Nothing of the run is under way any more. */
  ended(run: JobRun): void;
}

/** A file of the run. */
interface Carried {
  readonly index: number;
  readonly transfer: FileTransfer;
  waits: boolean;
}

/** Why a run was stopped by the engine, or a file by the failure of another; never an error. */
const STOPPED = new Error('The job was stopped.');

/**
 * One stay of a job in TRANSFERRING, until its files are done, one has failed, or it was stopped.
 *
 * Files begin in their order. Small ones go side by side, as `core/picker/file-window.ts` says, and
 * the next is asked for while earlier ones are flushed and recorded. The first failure is the run's
 * own: the other files are stopped and keep what they have.
 */
export class JobRun {
  readonly #host: RunHost;
  readonly #abort = new AbortController();
  /** Files under way, by index, and those of them that still need the network. */
  readonly #carried = new Map<number, Carried>();
  readonly #fetching = new Set<Carried>();
  /** Every file before this one is done or has begun. */
  #next = 0;
  #usualSizeBytes = Infinity;
  #stopped = false;
  #failure: { readonly error: unknown; readonly index: number | undefined } | undefined;
  #waits = false;
  #wake: (() => void) | undefined;
  /** Monotonic milliseconds when the slot was granted. */
  readonly sinceMs: number;
  /** Resolves, always, once nothing of the run is under way any more. */
  readonly finished: Promise<void>;

  constructor(host: RunHost, sinceMs: number) {
    this.#host = host;
    this.sinceMs = sinceMs;
    this.finished = this.#run().finally(() => host.ended(this));
  }

  stop(): void {
    this.#stopped = true;
    this.#abort.abort(STOPPED);
    this.#wake?.();
  }

  /** Connections at work on the given file. */
  connectionCount(index: number): number {
    return this.#carried.get(index)?.transfer.connectionCount ?? 0;
  }

  async #run(): Promise<void> {
    // The slot is granted inside a step; the work begins after it.
    await Promise.resolve();
    for (;;) {
      this.#fill();
      if (this.#carried.size === 0) break;
      await this.#turn();
    }
    // Whoever stopped the run knows why; what failed because of it is nobody's failure.
    if (this.#stopped) return;
    if (this.#failure === undefined) {
      this.#host.nothingLeft();
      return;
    }
    const { error, index } = this.#failure;
    this.#host.failed(
      failureOf(asDeliveryOptimizationError(error, 'DO_E_FATAL_CORE_ERROR'), index),
    );
  }

  /** Begins as many files as may be fetched now. */
  #fill(): void {
    let file: JobFile | undefined;
    try {
      while (this.#mayBegin()) {
        file = this.#host.nextFile(this.#next);
        if (file === undefined) return;
        this.#next = file.index + 1;
        this.#begin(file);
      }
    } catch (error) {
      this.#fail(error, file?.index);
    }
  }

  #mayBegin(): boolean {
    if (this.#abort.signal.aborted) return false;
    const maximum = this.#host.filesAtOnce();
    if (this.#fetching.size >= maximum) return false;
    return mayBegin({
      fetching: Array.from(this.#fetching, ({ transfer: { file } }) => ({
        sizeBytes: file.sizeBytes,
        writtenBytes: setSize(file.written),
      })),
      finishing: this.#carried.size - this.#fetching.size,
      maximum,
      usualSizeBytes: this.#usualSizeBytes,
    });
  }

  #begin(file: JobFile): void {
    const { index } = file;
    let learned = file.sizeBytes !== undefined;
    const context = this.#host.contextFor(file, {
      changed: () => {
        const { sizeBytes } = carried.transfer.file;
        if (!learned && sizeBytes !== undefined) {
          learned = true;
          this.#usualSizeBytes = sizeBytes;
        }
        if (this.#mayBegin()) this.#wake?.();
      },
      fetched: () => {
        this.#fetching.delete(carried);
        this.#judgeWait();
        this.#wake?.();
      },
      waiting: (waits) => {
        carried.waits = waits;
        this.#judgeWait();
      },
    });
    const carried: Carried = { index, transfer: new FileTransfer(context), waits: false };
    this.#carried.set(index, carried);
    this.#fetching.add(carried);
    void this.#carry(carried).then(() => {
      this.#carried.delete(index);
      this.#fetching.delete(carried);
      this.#judgeWait();
      this.#wake?.();
    });
  }

  async #carry({ transfer, index }: Carried): Promise<void> {
    try {
      await this.#host.carry(transfer, this.#abort.signal);
      // Stopped or not, all of it is here: it need not be looked at again.
      await this.#host.fileDone(index);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#fail(error, index);
    }
  }

  #fail(error: unknown, index: number | undefined): void {
    this.#failure ??= { error, index };
    this.#abort.abort(STOPPED);
  }

  /** The job waits for connections only when none of its files has one. */
  #judgeWait(): void {
    const waits = this.#fetching.size > 0 && [...this.#fetching].every((carried) => carried.waits);
    if (waits === this.#waits) return;
    this.#waits = waits;
    this.#host.waiting(waits);
  }

  /** Resolves when something has changed that the run goes by. */
  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
