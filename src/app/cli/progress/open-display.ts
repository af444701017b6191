import type { Output } from '../output.ts';
import { plainDisplay } from './plain-display.ts';
import type { ProgressDisplay } from './progress.ts';

/** Bars when a person watches a terminal, lines otherwise. */
export async function openDisplay(output: Output): Promise<ProgressDisplay> {
  if (!process.stderr.isTTY || process.env['TERM'] === 'dumb') {
    return plainDisplay((line) => output.line(line));
  }
  const { terminalDisplay } = await import('./terminal-display.ts');
  return terminalDisplay(process.stderr);
}
