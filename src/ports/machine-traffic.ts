/** What the machine as a whole receives, this process included. */
export interface MachineTraffic {
  /**
   * Bytes received so far by each interface that leads off this machine, headers included. Empty
   * where the system does not say.
   */
  receivedBytes(): ReadonlyMap<string, number>;
}
