import type { ChildProcess } from 'node:child_process';

/**
 * Kills a child, and all it started, when this process ends first: a benchmark that is broken off
 * must not leave a transfer behind that goes on writing. The child has to be spawned `detached`, as
 * the leader of a group of its own.
 */
export function endWithUs(child: ChildProcess): void {
  const { pid } = child;
  // It did not start; whoever waits for it hears why.
  if (pid === undefined) return;
  const kill = (): void => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      // The last of the group has ended between its exit and our hearing of it.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  // Before everything that was registered so far, such as the removal of what is being written.
  process.prependOnceListener('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
