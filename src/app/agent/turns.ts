import { asDeliveryOptimizationError, DeliveryOptimizationError } from '../../core/errors.ts';
import { agentCode } from './transfer-codes.ts';

/** Changes to one download, one after the other in the order they came. */
export class Turns {
  /** The end of the last change. */
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a change after those before it; a failure comes in the codes of the agent. */
  run(change: () => Promise<void>): Promise<void> {
    const result = this.#last.then(change).catch((error: unknown) => {
      throw agentError(error);
    });
    // The next change waits for the end of this one, whichever way it ends.
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when no change is under way. */
  async settled(): Promise<void> {
    await this.#last;
  }
}

function agentError(error: unknown): DeliveryOptimizationError {
  const known = asDeliveryOptimizationError(error, 'E_FAIL');
  const hresult = agentCode(known.hresult);
  if (hresult === known.hresult) return known;
  return new DeliveryOptimizationError(known.code, known.message, { hresult, cause: known });
}
