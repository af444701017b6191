/** How busy this process is. */
export interface Workload {
  /** Milliseconds since the process began in which it was not waiting for anything. */
  busyMs(): number;
}
