import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

import { root } from '../scripts/run-command.ts';

/** What has to be known of a machine before its figures mean anything. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Name and release of the kernel. */
  readonly kernel: string;
  readonly node: string;
  /** Processes that ran or waited over the minute before the start; above 0 the figures are noisy. */
  readonly loadBefore: number;
  /** The commit that was measured, with a `+` when files had been changed since. */
  readonly commit: string;
}

export function machineFacts(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: commit(),
  };
}

/** An unpacked archive has no history; its figures then belong to no commit. */
function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short=10', 'HEAD').trim() + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}

/** First line of what each command says of its version, by the command's name. */
export function versionsOf(commands: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(commands.map((command) => [command, versionOf(command)]));
}

function versionOf(command: string): string {
  // nginx knows no --version, and says its own on stderr.
  const flag = command === 'nginx' ? '-v' : '--version';
  const text = execFileSync('sh', ['-c', `${command} ${flag} 2>&1`], { encoding: 'utf8' });
  return text.split('\n', 1)[0]?.trim() ?? '';
}
