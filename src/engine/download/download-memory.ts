import type { LastAnswer } from '../../core/download/read-property.ts';
import type { DownloadStream, IDODownloadStatusCallback } from '../../core/interfaces/download.ts';
import type { Credentials } from '../transfer/transfer-context.ts';

/** A transfer, as much of it as its carrier needs. */
export interface CarriedTransfer {
  run(signal: AbortSignal): Promise<void>;
}

/** Brings what a transfer fetches to where it belongs, beyond the partial file. */
export interface Sink {
  /** Runs the transfer; resolves once the sink has taken every byte of it. */
  carry(transfer: CarriedTransfer, signal: AbortSignal): Promise<void>;
  /** Other bytes come next, from the first one on. */
  startOver(): void;
}

/** Tells a callback of a download. */
export interface Teller {
  /** Tells nothing more. Resolves once the call that is under way, if any, has ended. */
  close(): Promise<void>;
}

/** What of a download lives only as long as this process. */
export class DownloadMemory {
  callback: IDODownloadStatusCallback | undefined;
  teller: Teller | undefined;
  stream: DownloadStream | undefined;
  sink: Sink | undefined;
  lastAnswer: LastAnswer | undefined;
  /** Read from the store when the next transfer begins; gone with every change of URL or headers. */
  credentials: Credentials | undefined;

  /** Whether something would be lost if only the store remembered the download. */
  holdsSomething(): boolean {
    return this.callback !== undefined || this.stream !== undefined;
  }
}
