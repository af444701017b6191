/** `npm run check`: what is worth running after every change, in seconds. */
import { stage } from './run-command.ts';
import { runTests, testFiles } from './run-tests.ts';
import { staticChecks } from './static-checks.ts';

const checksOk = await staticChecks();
const testsOk = await stage('core tests', async () => {
  const { failed } = await runTests(testFiles('test/core/'));
  return failed === 0;
});
process.exitCode = checksOk && testsOk ? 0 : 1;
