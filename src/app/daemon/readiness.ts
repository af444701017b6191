import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Tells systemd how the service is, when systemd has started it. Node has no Unix datagram sockets, so
 * `systemd-notify` says it (the unit has NotifyAccess=all for that).
 *
 * @param warn - told when it cannot be said; systemd then stops the unit after its time-out
 */
export async function notifySystemd(
  state: readonly string[],
  warn: (message: string) => void,
): Promise<void> {
  if (process.env['NOTIFY_SOCKET'] === undefined) return;
  try {
    await run('systemd-notify', [`--pid=${process.pid}`, ...state], { timeout: 5_000 });
  } catch (error) {
    warn(`systemd could not be told "${state.join(' ')}": ${(error as Error).message}`);
  }
}
