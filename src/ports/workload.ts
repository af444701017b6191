import type { WorkloadReading } from '../core/picker/machine-strain.ts';

/** How busy this process and its machine are. */
export interface Workload {
  /** The counters as they are now, or were a moment ago. Costs little enough for every look. */
  read(): WorkloadReading;
}
