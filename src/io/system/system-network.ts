import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { BITS_COST_STATE } from '../../core/constants.ts';
import type { NetworkMonitor, NetworkState } from '../../ports/network-monitor.ts';
import { askNetworkManager, type RunProgram } from './ask-network-manager.ts';
import { askBattery, readLinuxBattery, type BatteryFacts } from './read-battery.ts';
import { readInterfaces, systemInterfaces, type Interfaces } from './read-interfaces.ts';

/** Time between two looks at the network; a job waits this long after a cable is plugged in. */
const POLL_MS = 5_000;

/** Time between two questions that start a program: NetworkManager's, and the battery's off Linux. */
const ASK_MS = 30_000;

const { UNRESTRICTED } = BITS_COST_STATE;

/** How to watch the network and the power supply. */
export interface SystemNetworkOptions {
  /** Milliseconds between two looks, 5,000 unless told. */
  readonly pollMs?: number;
  /** What counts in place of what the machine shows, asked at every look. */
  readonly override?: () => Partial<NetworkState>;
  /** Words that mark a VPN in the name of an interface, besides the built-in ones. */
  readonly vpnKeywords?: readonly string[] | (() => readonly string[]);
  /** The interfaces, as `os.networkInterfaces` gives them; for tests. */
  readonly interfaces?: () => Interfaces;
  /** Where Linux describes its devices, `/sys` unless told; for tests. */
  readonly sysRoot?: string;
  /** Runs `busctl`; for tests. */
  readonly run?: RunProgram;
}

/** A monitor that can be told to look at once. */
export interface SystemNetwork extends NetworkMonitor {
  /** Looks at once, as after the override has changed. Listeners hear of a change after this call. */
  refresh(): void;
}

/** What is asked of other programs, and known only a while later. */
interface Asked {
  readonly costState: number;
  readonly battery: BatteryFacts;
}

/**
 * Watches the network interfaces and the batteries of this machine. Node hears of no change, so it
 * looks again and again, with a timer that does not keep the process alive.
 *
 * What the network costs is NetworkManager's word, where there is one; elsewhere it counts as
 * unrestricted. Everything can be overridden.
 */
export function watchSystemNetwork(options: SystemNetworkOptions = {}): SystemNetwork {
  const { pollMs = POLL_MS, sysRoot = '/sys', interfaces = systemInterfaces } = options;
  const listeners = new Set<{ readonly tell: (state: NetworkState) => void }>();
  let asked: Asked = { costState: UNRESTRICTED, battery: {} };
  let closed = false;

  const lookAt = (): NetworkState => {
    const { vpnKeywords = [], override } = options;
    const keywords = typeof vpnKeywords === 'function' ? vpnKeywords() : vpnKeywords;
    const { online, cellular, vpn } = readInterfaces(interfaces, sysRoot, keywords);
    const battery = hasSys(sysRoot) ? readLinuxBattery(sysRoot) : asked.battery;
    return withoutUndefined({
      online,
      costState: asked.costState,
      cellular,
      vpn,
      ...battery,
      ...override?.(),
    });
  };
  let state = lookAt();

  const tell = (): void => {
    const told = state;
    for (const listener of listeners) {
      if (state === told) listener.tell(state);
    }
  };
  const look = (): boolean => {
    if (closed) return false;
    const now = lookAt();
    if (sameState(now, state)) return false;
    state = now;
    return true;
  };
  const ask = async (): Promise<void> => {
    asked = hasSys(sysRoot)
      ? { costState: await askNetworkManager(options.run), battery: {} }
      : // Where the question itself fails, nothing is known of a battery, which is like having none.
        { costState: UNRESTRICTED, battery: await askBattery().catch(() => ({})) };
    if (look()) tell();
  };

  const timer = setInterval(() => {
    if (look()) tell();
  }, pollMs);
  timer.unref();
  const asking = setInterval(() => void ask(), Math.max(ASK_MS, pollMs));
  asking.unref();
  void ask();

  return {
    current: () => state,
    onChange(listen) {
      // Wrapped, so that one function registered twice is told twice and dropped once.
      const listener = { tell: listen };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh() {
      if (look()) queueMicrotask(tell);
      void ask();
    },
    [Symbol.dispose]() {
      closed = true;
      clearInterval(timer);
      clearInterval(asking);
      listeners.clear();
    },
  };
}

/** Whether the system shows its devices there, as Linux does. */
function hasSys(sysRoot: string): boolean {
  return existsSync(join(sysRoot, 'class'));
}

const FACTS = [
  'online',
  'costState',
  'cellular',
  'vpn',
  'onBattery',
  'batteryPercent',
] as const satisfies readonly (keyof NetworkState)[];

function sameState(a: NetworkState, b: NetworkState): boolean {
  return FACTS.every((fact) => a[fact] === b[fact]);
}

/** Facts that nobody knows are left out, so that the present ones are known ones. */
function withoutUndefined(facts: {
  readonly [Fact in keyof NetworkState]: NetworkState[Fact] | undefined;
}): NetworkState {
  const { online = true, costState = UNRESTRICTED } = facts;
  const { cellular, vpn, onBattery, batteryPercent } = facts;
  return {
    online,
    costState,
    ...(cellular === undefined ? {} : { cellular }),
    ...(vpn === undefined ? {} : { vpn }),
    ...(onBattery === undefined ? {} : { onBattery }),
    ...(batteryPercent === undefined ? {} : { batteryPercent }),
  };
}
