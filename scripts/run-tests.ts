import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { matchesGlob } from 'node:path';

import { root } from './run-command.ts';

/** What became of the tests of one run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Longest run of one test file before it counts as failed, in milliseconds. */
const fileTimeoutMs = 600_000;

// The tests talk to loopback servers only. A proxy from the environment would stand in between.
const proxyVariables = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** Test files whose path contains the pattern or matches it as a glob; all of them without one. */
export function testFiles(pattern?: string): readonly string[] {
  const files = globSync('test/**/*.test.ts', { cwd: root }).toSorted();
  if (pattern === undefined) return files;
  return files.filter((file) => file.includes(pattern) || matchesGlob(file, pattern));
}

/** Runs the files, each in a process of its own, with a report for people on stdout. */
export async function runTests(files: readonly string[]): Promise<TestCounts> {
  for (const name of proxyVariables) delete process.env[name];
  const events = run({ cwd: root, files: [...files], concurrency: 2, timeout: fileTimeoutMs });

  let counts: TestCounts | undefined;
  events.on('test:summary', ({ file, counts: c }) => {
    // There is a summary for each file, too; the one for the whole run names none.
    if (file !== undefined) return;
    const skipped = c.skipped + c.todo;
    // What is neither passed nor skipped failed or was cancelled.
    counts = { passed: c.passed, failed: c.tests - c.passed - skipped, skipped };
  });
  for await (const text of events.compose(new spec())) process.stdout.write(String(text));
  if (counts === undefined) throw new Error('the test runner ended without a summary');
  return counts;
}

/** The counts on one line, in the form that scripts may rely on. */
export function summaryLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}
