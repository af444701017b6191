import { readFileSync } from 'node:fs';

import type { MachineTraffic } from '../../ports/machine-traffic.ts';

/** Linux's counters of the interfaces in this process's network namespace. */
const COUNTERS = '/proc/self/net/dev';

/** The kernel's own account, on Linux; elsewhere nothing is known. */
export function systemTraffic(platform: NodeJS.Platform = process.platform): MachineTraffic {
  return { receivedBytes: () => (platform === 'linux' ? readCounters() : new Map()) };
}

/** Reads take some ten microseconds: the file is made by the kernel, in memory. */
function readCounters(): ReadonlyMap<string, number> {
  try {
    return parseCounters(readFileSync(COUNTERS, 'latin1'));
  } catch {
    // A sandbox may hide the file. Then it is as on a system that has none.
    return new Map();
  }
}

/** The received bytes of each interface but the loopback one, from the text of /proc/net/dev. */
export function parseCounters(text: string): ReadonlyMap<string, number> {
  const counters = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, bytes] = /^\s*([^\s:]+):\s*(\d+)\s/.exec(line) ?? [];
    if (name === undefined || name === 'lo') continue;
    counters.set(name, Number(bytes));
  }
  return counters;
}
