import type { Clock } from './clock.ts';
import type { Digester } from './digester.ts';
import type { HttpTransport } from './http-transport.ts';
import type { JobStore } from './job-store.ts';
import type { MachineTraffic } from './machine-traffic.ts';
import type { NetworkMonitor } from './network-monitor.ts';
import type { PartialFiles } from './partial-files.ts';
import type { Randomness } from './randomness.ts';
import type { Workload } from './workload.ts';

/** The world as an engine meets it. */
export interface Ports {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly store: JobStore;
  readonly partials: PartialFiles;
  /**
   * Partial files with the rights of the given user, where that is not the engine's own; absent where
   * an engine serves one user alone.
   */
  readonly partialsFor?: (owner: string) => PartialFiles;
  readonly transport: HttpTransport;
  readonly digester: Digester;
  readonly network: NetworkMonitor;
  readonly workload: Workload;
  /** Absent where nothing is known of other programs' traffic. */
  readonly machineTraffic?: MachineTraffic;
}
