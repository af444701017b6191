import { userInfo } from 'node:os';

/** Name of the user this process runs as. Containers run under ids that no user has: the number then. */
export function ownUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? String(process.getuid?.() ?? 'unknown');
  }
}
