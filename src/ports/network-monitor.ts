/** What is known of the machine's network just now. */
export interface NetworkState {
  /** False once no interface but the loopback one has an address. */
  readonly online: boolean;
  /** A bit of BITS_COST_STATE. */
  readonly costState: number;
}

/** Watches the network. */
export interface NetworkMonitor extends Disposable {
  current(): NetworkState;
  /** Calls back after every change, never from inside this call; the returned function ends it. */
  onChange(listener: (state: NetworkState) => void): () => void;
}
