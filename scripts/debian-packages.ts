import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { runCommand } from './run-command.ts';

/** A Debian package and the command it brings. */
export interface DebianPackage {
  readonly name: string;
  readonly command: string;
}

/** What the tests run beside haulyard. */
const testPackages: readonly DebianPackage[] = [
  { name: 'nginx', command: 'nginx' },
  { name: 'caddy', command: 'caddy' },
  { name: 'tinyproxy', command: 'tinyproxy' },
  { name: 'curl', command: 'curl' },
  { name: 'aria2', command: 'aria2c' },
  { name: 'iproute2', command: 'ip' },
];

// The tests start these programs themselves, on ports of their own. As services they would take port 80, so
// policy-rc.d forbids starting them now and `systemctl disable` keeps them from starting with the machine.
const installScript = `
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get update -q
apt-get install -y -q --no-install-recommends "$@"
if [ -d /run/systemd/system ]; then
  for name in "$@"; do systemctl disable "$name" 2> /dev/null || true; done
fi
`;

function isInstalled(command: string): boolean {
  // Servers live in /usr/sbin, which is not on an ordinary user's path.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function missingPackages(packages: readonly DebianPackage[]): readonly string[] {
  return packages.filter(({ command }) => !isInstalled(command)).map(({ name }) => name);
}

/** The words that run a command as root without asking, or undefined where that is not possible. */
async function asRoot(): Promise<readonly string[] | undefined> {
  if (!isInstalled('apt-get')) return undefined;
  if (process.getuid?.() === 0) return ['env'];
  const { ok } = await runCommand('sudo', ['-n', 'true']);
  return ok ? ['sudo', '-n'] : undefined;
}

/**
 * Installs the Debian packages that are missing, when it may.
 *
 * Otherwise it prints the command that a person has to run, and the result is false.
 *
 * @param who - begins the sentence that says what is missing
 */
export async function ensureDebianPackages(
  packages: readonly DebianPackage[] = testPackages,
  who = 'The tests',
): Promise<boolean> {
  const missing = missingPackages(packages);
  if (missing.length === 0) return true;
  const [command, ...prefix] = (await asRoot()) ?? [];
  if (command !== undefined) {
    process.stdout.write(`installing ${missing.join(' ')}\n`);
    const args = [...prefix, 'sh', '-c', installScript, 'sh', ...missing];
    const { output } = await runCommand(command, args);
    if (missingPackages(packages).length === 0) return true;
    process.stdout.write(output);
  }
  process.stdout.write(
    `${who} need ${missingPackages(packages).join(', ')}. On Debian install with:\n` +
      `  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing.join(' ')}\n`,
  );
  return false;
}
