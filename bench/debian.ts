import { ensureDebianPackages, type DebianPackage } from '../scripts/debian-packages.ts';

/** What the benchmarks run beside haulyard, by command. */
const PACKAGES: Readonly<Record<string, DebianPackage>> = {
  nginx: { name: 'nginx', command: 'nginx' },
  openssl: { name: 'openssl', command: 'openssl' },
  curl: { name: 'curl', command: 'curl' },
  aria2c: { name: 'aria2', command: 'aria2c' },
  wget: { name: 'wget', command: 'wget' },
  wget2: { name: 'wget2', command: 'wget2' },
  axel: { name: 'axel', command: 'axel' },
  ip: { name: 'iproute2', command: 'ip' },
  unshare: { name: 'util-linux', command: 'unshare' },
  time: { name: 'time', command: 'time' },
};

/** Installs what a benchmark runs, when it may; otherwise says what to install and ends the process. */
export async function needCommands(...commands: readonly string[]): Promise<void> {
  const packages = commands.map((command) => {
    const found = PACKAGES[command];
    if (found === undefined) throw new Error(`bench/debian.ts names no package for ${command}.`);
    return found;
  });
  if (!(await ensureDebianPackages(packages, 'The benchmarks'))) process.exit(1);
}
