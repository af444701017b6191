import { join } from 'node:path';

import type { EngineSettings } from './engine/engine.ts';
import { runEngine, type RunningEngine } from './engine/start-engine.ts';
import { openPartialFiles } from './io/disk/partial-files.ts';
import { openHttpTransport } from './io/http/open-http-transport.ts';
import { openSqliteJobStore } from './io/sqlite/open-sqlite-job-store.ts';
import { currentBootId } from './io/system/boot-id.ts';
import { systemClock } from './io/system/system-clock.ts';
import { openSystemDigester } from './io/system/system-digester.ts';
import { systemRandomness } from './io/system/system-randomness.ts';
import { systemTraffic } from './io/system/system-traffic.ts';
import { systemWorkload } from './io/system/system-workload.ts';
import type { JobStore } from './ports/job-store.ts';
import type { NetworkMonitor } from './ports/network-monitor.ts';
import type { PartialFiles } from './ports/partial-files.ts';
import type { Ports } from './ports/ports.ts';

/** What an engine on the real world is made of. */
export interface OpenEngineOptions {
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  /** What a second process that finds the directory in use is told of this one. */
  readonly processName: string;
  /** PEM certificates of authorities trusted in place of the built-in ones. */
  readonly ca: string | readonly string[] | undefined;
  /** Whether plain answers are read directly, which is the default, or all by the general client. */
  readonly httpClient?: 'direct' | 'general';
  /** Closed with the engine. */
  readonly network: NetworkMonitor;
  readonly onWarning: (message: string) => void;
  /** Files of other users, for a service that works for them; absent: all jobs are this user's. */
  readonly partialsFor?: (owner: string) => PartialFiles;
  /** The settings, some of which may be kept in the store. */
  readonly settings: (store: JobStore) => EngineSettings | Promise<EngineSettings>;
}

/**
 * Opens the store of a data directory and starts an engine on it. Rejects with
 * ERROR_SHARING_VIOLATION, naming the other process, when the directory is in use.
 */
export async function openEngine(options: OpenEngineOptions): Promise<RunningEngine> {
  const { dataDir, processName, ca, httpClient = 'direct', network, onWarning } = options;
  const closing = new AsyncDisposableStack();
  try {
    closing.use(network);
    const store = closing.use(
      openSqliteJobStore({
        directory: dataDir,
        bootId: currentBootId(),
        owner: processName,
        onWarning,
      }),
    );
    const transport = closing.use(
      openHttpTransport({ direct: httpClient === 'direct', ...(ca === undefined ? {} : { ca }) }),
    );
    const ports: Ports = {
      clock: systemClock,
      randomness: systemRandomness,
      digester: closing.use(openSystemDigester()),
      workload: systemWorkload(),
      machineTraffic: systemTraffic(),
      partials: openPartialFiles(),
      store,
      network,
      transport,
      ...(options.partialsFor === undefined ? {} : { partialsFor: options.partialsFor }),
    };
    const settings = {
      streamDirectory: join(dataDir, 'streams'),
      ...(await options.settings(store)),
    };
    return runEngine(ports, settings, () => closing.disposeAsync());
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}
