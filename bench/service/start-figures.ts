import { setTimeout as sleep } from 'node:timers/promises';

import { temporaryDirectory, type TemporaryDirectory } from '../../test/support/temporary.ts';
import { median } from '../rounds.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { asAfterOutage, fillStore } from './fill-store.ts';
import { heading, print } from './figures.ts';

const ROUNDS = 3;

/** Memory is read once the start is over and its garbage has had a chance to go. */
const SETTLE_MS = 1_000;

/** What a start costs with few and with many jobs stored. */
export async function printStarts(most: number): Promise<void> {
  heading('Start, from the process to the first call it accepts');
  let emptyMb: number;
  {
    await using none = await filled(0);
    emptyMb = await printStart('no jobs', none);
    await using some = await filled(Math.round(most / 10));
    await printStart(`${most / 10} jobs stored`, some);
  }
  await using many = await filled(most);
  const manyMb = await printStart(`${most} jobs stored`, many);
  print('resident memory for each 10,000 idle jobs', ((manyMb - emptyMb) * 10_000) / most, 'MB');

  asAfterOutage(many.join('data'));
  await using daemon = await startDaemon(many.path);
  print(`${most} jobs that waited for the network: ready after`, daemon.readyMs, 'ms');
  print(`${most} jobs that waited for the network: processor time`, daemon.readyCpuMs, 'ms');
}

async function printStart(what: string, { path }: TemporaryDirectory): Promise<number> {
  const rounds: { ready: number; cpu: number; resident: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await using daemon = await startDaemon(path);
    rounds.push({
      ready: daemon.readyMs,
      cpu: daemon.readyCpuMs,
      resident: await settledMb(daemon),
    });
  }
  const resident = median(rounds.map((round) => round.resident));
  print(`${what}: ready after`, median(rounds.map(({ ready }) => ready)), 'ms');
  print(`${what}: processor time of it`, median(rounds.map(({ cpu }) => cpu)), 'ms');
  print(`${what}: resident memory`, resident, 'MB');
  return resident;
}

async function settledMb(daemon: Daemon): Promise<number> {
  await sleep(SETTLE_MS);
  return daemon.residentMb();
}

/** A directory with a store of so many jobs. */
export async function filled(count: number): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  try {
    fillStore(directory.join('data'), count);
    return directory;
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}
