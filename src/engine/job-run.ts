import { asDeliveryOptimizationError } from '../core/errors.ts';
import { failureOf, type TransferFailure } from '../core/job/failure.ts';
import type { JobFile } from '../core/job/file.ts';
import { MAX_FINISHING_FILES } from '../core/limits.ts';
import { FileTransfer } from './transfer/file-transfer.ts';
import type { TransferContext } from './transfer/transfer-context.ts';

/** What a run hears of one of its files. */
export interface FileEvents {
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
  /** The file that is being fetched waits for a connection, or waits no longer. */
  waiting(waits: boolean): void;
  /** Stores that a file is whole which may not become done, because one before it is not. */
  keep(index: number): void;
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
  readonly abort: AbortController;
}

/** Why a run was stopped by the engine, or a file by the failure of another; never an error. */
const STOPPED = new Error('The job was stopped.');

/**
 * One stay of a job in TRANSFERRING, until its files are done, one has failed, or it was stopped.
 *
 * Files are fetched one after another and become done in that order (job-lifecycle.md 9). The
 * network does not wait for the disk meanwhile: a file is asked for while those before it are
 * flushed and recorded. The first failure is the run's own; what was whole before it becomes done.
 */
export class JobRun {
  readonly #host: RunHost;
  /** Files under way, by index, and the one of them that still needs the network. */
  readonly #carried = new Map<number, Carried>();
  #fetching: Carried | undefined;
  /** Every file before this one is done or has begun. */
  #next = 0;
  #stopped = false;
  #failure: { readonly error: unknown; readonly index: number | undefined } | undefined;
  /** Settles with whether the file that began last is on its way to the store, or never will be. */
  #handedOn: Promise<boolean> = Promise.resolve(true);
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
    for (const { abort } of this.#carried.values()) abort.abort(STOPPED);
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

  /** Begins the next file if it may be fetched now. */
  #fill(): void {
    if (this.#stopped || this.#failure !== undefined || this.#fetching !== undefined) return;
    if (this.#carried.size >= MAX_FINISHING_FILES) return;
    let file: JobFile | undefined;
    try {
      file = this.#host.nextFile(this.#next);
      if (file === undefined) return;
      this.#next = file.index + 1;
      this.#begin(file);
    } catch (error) {
      this.#fail(error, file?.index);
    }
  }

  #begin(file: JobFile): void {
    const { index } = file;
    const context = this.#host.contextFor(file, {
      fetched: () => {
        this.#fetchedAll(carried);
        this.#wake?.();
      },
      waiting: (waits) => this.#host.waiting(waits),
    });
    const transfer = new FileTransfer(context);
    const carried: Carried = { index, transfer, abort: new AbortController() };
    this.#carried.set(index, carried);
    this.#fetching = carried;
    const before = this.#handedOn;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#handedOn = promise;
    void this.#carry(carried, before, () => resolve(true)).then(() => {
      resolve(false);
      this.#carried.delete(index);
      this.#fetchedAll(carried);
      this.#wake?.();
    });
  }

  #fetchedAll(carried: Carried): void {
    if (this.#fetching === carried) this.#fetching = undefined;
  }

  async #carry(
    { transfer, index, abort }: Carried,
    before: Promise<boolean>,
    handOn: () => void,
  ): Promise<void> {
    try {
      await this.#host.carry(transfer, abort.signal);
      // A file behind one that failed or was stopped is not done before it.
      if (!(await before)) {
        this.#host.keep(index);
        return;
      }
      // Stopped or not, all of it is here: it need not be looked at again.
      const done = this.#host.fileDone(index);
      handOn();
      await done;
    } catch (error) {
      if (!abort.signal.aborted) this.#fail(error, index);
    }
  }

  /** Files before the one that failed are whole and go on; those behind it are stopped. */
  #fail(error: unknown, index: number | undefined): void {
    if (this.#failure === undefined || (index ?? -1) < (this.#failure.index ?? -1))
      this.#failure = { error, index };
    for (const carried of this.#carried.values()) {
      if (carried.index > (index ?? -1)) carried.abort.abort(STOPPED);
    }
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
