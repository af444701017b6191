import { BITS_COST_STATE } from '../../src/core/constants.ts';
import type { NetworkMonitor, NetworkState } from '../../src/ports/network-monitor.ts';

/** A network that changes when told; at first it is online and free of charge. */
export class ManualNetwork implements NetworkMonitor {
  #state: NetworkState = { online: true, costState: BITS_COST_STATE.UNRESTRICTED };
  readonly #listeners = new Set<{ readonly tell: (state: NetworkState) => void }>();

  current(): NetworkState {
    return this.#state;
  }

  onChange(tell: (state: NetworkState) => void): () => void {
    const listener = { tell };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Changes the parts given, and tells the listeners when that makes a difference. */
  set(change: Partial<NetworkState>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    const facts = Object.keys(change) as (keyof NetworkState)[];
    if (facts.every((fact) => this.#state[fact] === before[fact])) return;
    for (const { tell } of this.#listeners) tell(this.#state);
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
  }
}
