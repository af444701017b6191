/** What is known of the machine's network and power just now. */
export interface NetworkState {
  /** False once no interface but the loopback one has an address. */
  readonly online: boolean;
  /** A bit of BITS_COST_STATE, with ROAMING beside it where it applies. */
  readonly costState: number;
  /** Whether the link is a cellular one. */
  readonly cellular?: boolean;
  /** Whether a VPN is up. */
  readonly vpn?: boolean;
  /** Whether the machine runs on its battery; undefined where it has none. */
  readonly onBattery?: boolean;
  /** Charge in percent, 0 to 100; undefined where there is no battery. */
  readonly batteryPercent?: number;
}

/** Watches the network and the power supply. */
export interface NetworkMonitor extends Disposable {
  current(): NetworkState;
  /** Calls back after every change, never from inside this call; the returned function ends it. */
  onChange(listener: (state: NetworkState) => void): () => void;
}
