import { BG_ERROR_CONTEXT } from '../constants.ts';
import { DeliveryOptimizationError } from '../errors.ts';
import type { IBackgroundCopyError } from '../interfaces/error.ts';
import type { IBackgroundCopyFile } from '../interfaces/file.ts';
import type { TransferFailure } from '../job/failure.ts';

const FORBIDDEN = 403;

/** A failure as it was when it happened. */
export class BackgroundCopyError implements IBackgroundCopyError {
  readonly #failure: TransferFailure;
  readonly #file: IBackgroundCopyFile | undefined;

  constructor(failure: TransferFailure, file: IBackgroundCopyFile | undefined) {
    this.#failure = failure;
    this.#file = file;
  }

  async getError(): Promise<{ context: BG_ERROR_CONTEXT; code: number }> {
    // DO knows two contexts, and names the remote file for 403 alone (J-13).
    const context =
      this.#failure.httpStatus === FORBIDDEN ? BG_ERROR_CONTEXT.REMOTE_FILE : BG_ERROR_CONTEXT.NONE;
    return { context, code: this.#failure.hresult };
  }

  async getFile(): Promise<IBackgroundCopyFile> {
    if (this.#file !== undefined) return this.#file;
    throw new DeliveryOptimizationError(
      'DO_E_FILE_NOT_AVAILABLE',
      'No file is to blame for this error.',
    );
  }

  async getErrorDescription(): Promise<string> {
    return this.#failure.message;
  }
}
