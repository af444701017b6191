import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The power supply of this machine; nothing is set where it has no battery. */
export interface BatteryFacts {
  readonly onBattery?: boolean;
  /** 0 to 100. */
  readonly batteryPercent?: number;
}

/** Supplies looked at; no machine has as many. */
const MAX_SUPPLIES = 64;

interface Supply {
  readonly type: string;
  /** `Device` for the battery of a mouse or a headset. */
  readonly scope: string;
  readonly online: boolean;
  readonly status: string;
  readonly percent: number | undefined;
}

/**
 * Reads the power supplies that Linux shows under `class/power_supply`: several batteries count as
 * one with their mean charge; those of attached devices do not count.
 *
 * @param sysRoot - `/sys`
 */
export function readLinuxBattery(sysRoot: string): BatteryFacts {
  const supplies = suppliesIn(join(sysRoot, 'class/power_supply'));
  const batteries = supplies.filter(({ type, scope }) => type === 'Battery' && scope !== 'Device');
  if (batteries.length === 0) return {};
  const charges = batteries.flatMap(({ percent }) => (percent === undefined ? [] : [percent]));
  const mains = supplies.filter(({ type }) => type === 'Mains' || type.startsWith('USB'));
  const plugged = mains.some(({ online }) => online);
  const discharging = batteries.some(({ status }) => status === 'Discharging');
  return {
    // A charger that is too weak leaves the battery discharging: it still is not what the machine
    // lives on, so the plug decides where there is one.
    onBattery: mains.length > 0 ? !plugged : discharging,
    ...(charges.length === 0
      ? {}
      : { batteryPercent: charges.reduce((sum, each) => sum + each, 0) / charges.length }),
  };
}

/** Asks the system where there is no `/sys`, by the programs it has for that. */
export async function askBattery(): Promise<BatteryFacts> {
  // Loaded when it is needed: it is large, and Linux does without.
  const { battery } = await import('systeminformation');
  const { hasBattery, acConnected, percent } = await battery();
  if (!hasBattery) return {};
  const known = Number.isFinite(percent) && percent >= 0 && percent <= 100;
  return { onBattery: !acConnected, ...(known ? { batteryPercent: percent } : {}) };
}

function suppliesIn(directory: string): readonly Supply[] {
  try {
    return readdirSync(directory)
      .slice(0, MAX_SUPPLIES)
      .map((name) => supplyIn(join(directory, name)));
  } catch {
    // No such directory: a machine, or a container, without any.
    return [];
  }
}

function supplyIn(directory: string): Supply {
  const value = (name: string): string => {
    try {
      return readFileSync(join(directory, name), 'utf8').slice(0, 256).trim();
    } catch {
      // Drivers leave out what the hardware does not tell.
      return '';
    }
  };
  const capacity = value('capacity');
  const percent = /^\d{1,3}$/.test(capacity) ? Math.min(100, Number(capacity)) : undefined;
  return {
    type: value('type'),
    scope: value('scope'),
    online: value('online') === '1',
    status: value('status'),
    percent,
  };
}
