/**
 * The one test command: `npm test` for everything, `npm test -- PATTERN` for the test files that match.
 *
 * Its last line is always `N passed, N failed, N skipped`, and it exits with 0 only when every stage went well.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { ensureDebianPackages } from './debian-packages.ts';
import { packCheck } from './pack-check.ts';
import { root, stage } from './run-command.ts';
import { runTests, summaryLine, testFiles } from './run-tests.ts';
import { staticChecks } from './static-checks.ts';

async function main(pattern: string | undefined): Promise<number> {
  const everything = pattern === undefined;
  const files = testFiles(pattern);
  if (files.length === 0) {
    process.stderr.write(`no test file matches ${pattern ?? 'test/**/*.test.ts'}\n`);
    return 1;
  }
  if (!(await stage('Debian packages', () => ensureDebianPackages()))) return 1;

  let ok = everything ? await staticChecks() : true;
  let counts = { passed: 0, failed: 0, skipped: 0 };
  const testsOk = await stage('tests', async () => {
    counts = await runTests(files);
    return counts.failed === 0;
  });
  ok &&= testsOk;
  if (everything) ok = (await packCheck()) && ok;

  process.stdout.write(summaryLine(counts));
  return ok ? 0 : 1;
}

/** Hands over to the Node that npm brought; a much older one cannot even read this file. */
function runOnNewerNode(): number {
  const node = join(root, 'node_modules', '.bin', 'node');
  return spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1;
}

const isOldNode = parseInt(process.versions.node, 10) < 24;
process.exitCode = isOldNode ? runOnNewerNode() : await main(process.argv[2]);
