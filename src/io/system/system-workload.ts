import { readFileSync } from 'node:fs';

import type { WorkloadReading } from '../../core/picker/machine-strain.ts';
import type { Workload } from '../../ports/workload.ts';

/** A reading serves everybody for so long: a thousand transfers look at the same counters. */
const FRESH_MS = 20;

/** Linux counts idle time in hundredths of a second, whatever the kernel's own clock (proc(5)). */
const MS_PER_TICK = 10;

/** The system's own account. Idle time is known on Linux alone. */
export function systemWorkload(platform: NodeJS.Platform = process.platform): Workload {
  let last: WorkloadReading | undefined;
  return {
    read() {
      const atMs = performance.now();
      if (last !== undefined && atMs - last.atMs < FRESH_MS) return last;
      last = {
        atMs,
        threadMs: inMs(process.threadCpuUsage()),
        processMs: inMs(process.cpuUsage()),
        idleMs: platform === 'linux' ? readIdleMs() : undefined,
      };
      return last;
    },
  };
}

function inMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}

/** A read takes some fifty microseconds: the file is made by the kernel, in memory. */
function readIdleMs(): number | undefined {
  try {
    return parseIdleMs(readFileSync('/proc/stat', 'latin1'));
  } catch {
    // A sandbox may hide the file. Then it is as on a system that has none.
    return undefined;
  }
}

/** Milliseconds all processors were idle or waited for a disk, from the text of /proc/stat. */
export function parseIdleMs(text: string): number | undefined {
  const [, idle, waiting] = /^cpu +\d+ \d+ \d+ (\d+) (\d+)/.exec(text) ?? [];
  return idle === undefined ? undefined : (Number(idle) + Number(waiting)) * MS_PER_TICK;
}
