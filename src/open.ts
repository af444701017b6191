import { resolve } from 'node:path';

import { defaultDataDirectory } from './app/config/data-directory.ts';
import { ownUser } from './app/config/own-user.ts';
import { DeliveryOptimizationError } from './core/errors.ts';
import type { HaulyardManager } from './core/interfaces/haulyard-manager.ts';
import {
  DEFAULT_BACKGROUND_SLOTS,
  DEFAULT_CONNECTIONS_PER_ORIGIN,
  DEFAULT_FOREGROUND_SLOTS,
  DEFAULT_PIECE_SIZE_BYTES,
  MAX_CONNECTIONS_PER_ORIGIN,
  MAX_PIECE_SIZE_BYTES,
  MAX_SLOTS,
  MIN_PIECE_SIZE_BYTES,
  MIN_SPLIT_BYTES,
  TIME_SLICE_MS,
} from './core/limits.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './core/retry/retry-delay.ts';
import { BackgroundCopyManager } from './engine/interfaces/manager.ts';
import { watchSystemNetwork } from './io/system/system-network.ts';
import { openEngine } from './open-engine.ts';
import { packageVersion } from './package-version.ts';

/** A manager that can make a whole job in one step. */
export type EmbeddedManager = BackgroundCopyManager;

/** How an engine is opened. Every bound is checked: E_INVALIDARG otherwise. */
export interface OpenManagerOptions {
  /**
   * Directory of the job store; one process at a time. Default: `HAULYARD_DATA_DIR`, systemd's
   * state directory, or the platform's directory for application data.
   */
  readonly dataDir?: string;
  /**
   * Whether jobs that an earlier process left under way go on by themselves. Default true; with
   * false each waits until it is resumed in this process.
   */
  readonly startInterrupted?: boolean;
  /** Bytes per second over all jobs; 0 lets nothing pass. Default: unlimited. */
  readonly maxBytesPerSecond?: number;
  /** Connections to one origin over all jobs, 1 to 16. Default 4. */
  readonly connectionsPerOrigin?: number;
  /** Foreground jobs that transfer at once, 1 to 1,000. Default 8. */
  readonly foregroundSlots?: number;
  /** Other jobs that transfer at once, 1 to 1,000. Default 4. */
  readonly backgroundSlots?: number;
  /** A power of two from 65,536 to 4,194,304. Default 1,048,576. */
  readonly pieceSizeBytes?: number;
  /** Waits between attempts. Default: the table of job-lifecycle.md 8. */
  readonly retry?: Partial<RetryPolicy>;
  /**
   * `direct`, the default: plain answers are read straight from the socket, all others by the general
   * client. `general`: everything is; for a network on which the direct way is suspected.
   */
  readonly httpClient?: 'direct' | 'general';
  /** PEM certificates of authorities trusted in place of the built-in ones. */
  readonly ca?: string | readonly string[];
  /** What a second process that finds the directory in use is told of this one. Default: the command. */
  readonly processName?: string;
  /** Hears of trouble that no caller can be told of. Default: a process warning. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Opens the engine in this process, on a data directory that it then has for itself.
 *
 * Dispose of the manager to stop: transfers end, every job stays where it is, and the next process
 * goes on from there. Rejects with ERROR_SHARING_VIOLATION, naming the other process, when the
 * directory is in use.
 */
export function openManager(options: OpenManagerOptions = {}): Promise<HaulyardManager> {
  return openEmbedded(options);
}

/** The same, with what only an engine in this process can do. */
export async function openEmbedded(options: OpenManagerOptions): Promise<EmbeddedManager> {
  const onWarning =
    options.onWarning ?? ((message: string) => process.emitWarning(message, 'HaulyardWarning'));
  const connectionsPerOrigin = integer(
    options,
    'connectionsPerOrigin',
    DEFAULT_CONNECTIONS_PER_ORIGIN,
    1,
    MAX_CONNECTIONS_PER_ORIGIN,
  );
  const settings = {
    transfer: {
      pieceSizeBytes: pieceSize(options),
      minSplitBytes: MIN_SPLIT_BYTES,
      connectionsPerFile: connectionsPerOrigin,
      userAgent: `haulyard/${packageVersion()}`,
    },
    slots: {
      foregroundSlots: integer(options, 'foregroundSlots', DEFAULT_FOREGROUND_SLOTS, 1, MAX_SLOTS),
      backgroundSlots: integer(options, 'backgroundSlots', DEFAULT_BACKGROUND_SLOTS, 1, MAX_SLOTS),
      timeSliceMs: TIME_SLICE_MS,
    },
    retry: { ...DEFAULT_RETRY_POLICY, ...options.retry },
    connectionsPerOrigin,
    maxBytesPerSecond:
      options.maxBytesPerSecond === undefined
        ? undefined
        : integer(options, 'maxBytesPerSecond', 0, 0, Number.MAX_SAFE_INTEGER),
    owner: ownUser(),
    startInterrupted: options.startInterrupted ?? true,
    onWarning,
  };
  const running = await openEngine({
    dataDir: resolve(options.dataDir ?? (await defaultDataDirectory(process.env))),
    processName: options.processName ?? process.argv.slice(1, 3).join(' '),
    ca: options.ca,
    httpClient: httpClient(options),
    network: watchSystemNetwork({}),
    onWarning,
    settings: () => settings,
  });
  return new BackgroundCopyManager(running.engine, () => running.close());
}

function integer(
  options: OpenManagerOptions,
  name:
    | 'connectionsPerOrigin'
    | 'foregroundSlots'
    | 'backgroundSlots'
    | 'maxBytesPerSecond'
    | 'pieceSizeBytes',
  fallback: number,
  min: number,
  max: number,
): number {
  const value = options[name] ?? fallback;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `${name} must be an integer from ${min} to ${max}, not ${value}.`,
  );
}

function httpClient({ httpClient: wanted = 'direct' }: OpenManagerOptions): 'direct' | 'general' {
  if (wanted === 'direct' || wanted === 'general') return wanted;
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `httpClient must be "direct" or "general", not ${JSON.stringify(wanted)}.`,
  );
}

function pieceSize(options: OpenManagerOptions): number {
  const size = integer(
    options,
    'pieceSizeBytes',
    DEFAULT_PIECE_SIZE_BYTES,
    MIN_PIECE_SIZE_BYTES,
    MAX_PIECE_SIZE_BYTES,
  );
  if ((size & (size - 1)) === 0) return size;
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `pieceSizeBytes must be a power of two, not ${size}.`,
  );
}
