import { asDeliveryOptimizationError } from '../core/errors.ts';
import { failureOf, type TransferFailure } from '../core/job/failure.ts';
import type { JobFile } from '../core/job/file.ts';
import { FileTransfer } from './transfer/file-transfer.ts';
import type { TransferContext } from './transfer/transfer-context.ts';

/** What a run asks of the engine. */
export interface RunHost {
  /** The next file to fetch, or undefined when all are done. */
  nextFile(): JobFile | undefined;
  contextFor(file: JobFile): TransferContext;
  /** Runs the transfer of a file, and whatever its bytes go through besides. */
  carry(transfer: FileTransfer, signal: AbortSignal): Promise<void>;
  fileDone(index: number): void;
  /** Every file is done: the job must not keep its slot. */
  nothingLeft(): void;
  failed(failure: TransferFailure): void;
  /** Nothing of the run is under way any more. */
  ended(run: JobRun): void;
}

/** Why a run was stopped by the engine; never an error of anything. */
const STOPPED = new Error('The job was stopped.');

/** One stay of a job in TRANSFERRING: its files, one after another, until done, failed or stopped. */
export class JobRun {
  readonly #host: RunHost;
  readonly #abort = new AbortController();
  #transfer: FileTransfer | undefined;
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
    this.#abort.abort(STOPPED);
  }

  /** Connections at work on the given file. */
  connectionCount(index: number): number {
    const transfer = this.#transfer;
    return transfer?.file.index === index ? transfer.connectionCount : 0;
  }

  async #run(): Promise<void> {
    // The slot is granted inside a step; the work begins after it.
    await Promise.resolve();
    let index: number | undefined;
    try {
      for (let file = this.#host.nextFile(); file !== undefined; file = this.#host.nextFile()) {
        ({ index } = file);
        this.#transfer = new FileTransfer(this.#host.contextFor(file));
        await this.#host.carry(this.#transfer, this.#abort.signal);
        this.#abort.signal.throwIfAborted();
        this.#host.fileDone(index);
      }
      this.#host.nothingLeft();
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.#host.failed(
          failureOf(asDeliveryOptimizationError(error, 'DO_E_FATAL_CORE_ERROR'), index),
        );
      }
    }
  }
}
