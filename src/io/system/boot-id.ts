import { readFileSync } from 'node:fs';

/**
 * A name for the time since this machine was switched on, or undefined where there is none.
 *
 * Undefined is the careful answer: records that only the page cache vouches for are then never
 * believed by another process. Only Linux publishes an id that changes with every boot and with
 * nothing else. Computing one from the boot time, as other systems allow, moves whenever the clock
 * is set, and two boots could then pass for one.
 */
export function currentBootId(): string | undefined {
  try {
    const text = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return /^[0-9a-f-]{36}$/.test(text) ? text : undefined;
  } catch {
    // No such file: another system, or a container that hides /proc.
    return undefined;
  }
}
