import { networkInterfaces } from 'node:os';

import { BITS_COST_STATE } from '../../core/constants.ts';
import type { NetworkMonitor, NetworkState } from '../../ports/network-monitor.ts';

/** Time between two looks at the network; a job waits this long after a cable is plugged in. */
const POLL_MS = 5_000;

/** How to watch the network. */
export interface SystemNetworkOptions {
  /** Milliseconds between two looks, 5,000 unless told. */
  readonly pollMs?: number;
  /** The interfaces, as `os.networkInterfaces` gives them; for tests. */
  readonly interfaces?: typeof networkInterfaces;
}

/**
 * Watches the network interfaces of this machine. Node hears of no change, so it looks again and
 * again, with a timer that does not keep the process alive.
 *
 * No system tells Node what the network costs: it always counts as unrestricted.
 */
export function watchSystemNetwork({
  pollMs = POLL_MS,
  interfaces = networkInterfaces,
}: SystemNetworkOptions = {}): NetworkMonitor {
  const listeners = new Set<{ readonly tell: (state: NetworkState) => void }>();
  let state = lookAt(interfaces);

  const timer = setInterval(() => {
    const now = lookAt(interfaces);
    if (now.online === state.online) return;
    state = now;
    for (const listener of listeners) listener.tell(state);
  }, pollMs);
  timer.unref();

  return {
    current: () => state,
    onChange(tell) {
      // Wrapped, so that one function registered twice is told twice and dropped once.
      const listener = { tell };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      listeners.clear();
    },
  };
}

function lookAt(interfaces: typeof networkInterfaces): NetworkState {
  return { online: hasAddress(interfaces), costState: BITS_COST_STATE.UNRESTRICTED };
}

function hasAddress(interfaces: typeof networkInterfaces): boolean {
  try {
    return Object.values(interfaces()).some((addresses) =>
      addresses?.some(({ internal }) => !internal),
    );
  } catch {
    // Sandboxes such as Android's forbid the question. Trying and failing beats never trying.
    return true;
  }
}
