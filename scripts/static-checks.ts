import { commandStage } from './run-command.ts';

/** Types, lint, format and unused code: everything that is known without running the program. */
export async function staticChecks(): Promise<boolean> {
  // Two at a time suits two cores; the slowest two start first.
  const results = await Promise.all([
    commandStage('types', 'tsc', '--noEmit'),
    commandStage('lint', 'oxlint').then(async (lint) => {
      const unused = await commandStage('unused code', 'knip', '--no-progress');
      const format = await commandStage('format', 'prettier', '--check', '--log-level=warn', '.');
      return lint && unused && format;
    }),
  ]);
  return results.every(Boolean);
}
