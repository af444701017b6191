import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';

import { BITS_COST_STATE } from '../../core/constants.ts';

/** Longest time for an answer; a bus that hangs must not keep anything waiting. */
const ANSWER_MS = 2_000;
const MAX_ANSWER_BYTES = 4_096;

/** Where the system's bus listens unless a variable says otherwise. */
const BUS_SOCKET = '/run/dbus/system_bus_socket';

/** Runs a program and returns what it prints; undefined when it fails in any way. */
export type RunProgram = (
  program: string,
  parameters: readonly string[],
) => Promise<string | undefined>;

/**
 * What NetworkManager says the network costs, as a bit of BITS_COST_STATE: metered, by its own
 * setting or by its guess, is a cap of which nothing more is known. Without NetworkManager, and when
 * it does not answer in time, the network counts as unrestricted.
 */
export async function askNetworkManager(run: RunProgram = runProgram): Promise<number> {
  const answer = await run('busctl', [
    '--system',
    `--timeout=${ANSWER_MS / 1_000}`,
    // Asking must not start a service that the machine does not use.
    '--auto-start=no',
    'get-property',
    'org.freedesktop.NetworkManager',
    '/org/freedesktop/NetworkManager',
    'org.freedesktop.NetworkManager',
    'Metered',
  ]);
  const metered = /^u ([0-4])\s*$/.exec(answer ?? '')?.[1];
  // NM_METERED_YES and NM_METERED_GUESS_YES.
  return metered === '1' || metered === '3'
    ? BITS_COST_STATE.CAPPED_USAGE_UNKNOWN
    : BITS_COST_STATE.UNRESTRICTED;
}

const runProgram: RunProgram = async (program, parameters) => {
  // Servers and containers often have no bus: to see that costs less than a program that fails.
  if ((process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? '') === '' && !existsSync(BUS_SOCKET)) {
    return undefined;
  }
  return await new Promise((resolve) => {
    const child = execFile(
      program,
      parameters,
      { timeout: ANSWER_MS, maxBuffer: MAX_ANSWER_BYTES, killSignal: 'SIGKILL', windowsHide: true },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
    // A process that has nothing else to do need not wait for the answer.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) (stream as Socket | null)?.unref();
  });
};
