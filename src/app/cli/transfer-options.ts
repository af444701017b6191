import type { OpenManagerOptions } from '../../open.ts';
import type { GlobalOptions } from './global-options.ts';
import { connectionsOption, limitOption } from './option-values.ts';

/** Options of the commands that move bytes, as typed. */
export interface TransferOptions extends GlobalOptions {
  readonly connections?: string;
  readonly limit?: string;
}

/** The options as the engine takes them. */
export function engineOptions({ connections, limit }: TransferOptions): OpenManagerOptions {
  return {
    ...(connections !== undefined && { connectionsPerOrigin: connectionsOption(connections) }),
    ...(limit !== undefined && { maxBytesPerSecond: limitOption(limit) }),
  };
}
