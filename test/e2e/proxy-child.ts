/**
 * Run by a test with proxies in its environment: `node proxy-child.ts DIRECTORY CA URL...`. Fetches
 * each URL to a file named by its number, and prints a JSON array of what became of them.
 */
import { rm } from 'node:fs/promises';

import { BG_JOB_STATE, openManager } from '../../src/index.ts';
import { codeOf, waitForState } from '../support/engine-world.ts';

const [directory = '', ca = '', ...urls] = process.argv.slice(2);
const { TRANSFERRED, TRANSIENT_ERROR, ERROR } = BG_JOB_STATE;

const results: string[] = [];
{
  await using manager = await openManager({
    dataDir: `${directory}/data`,
    retry: { delaysMs: [20, 40, 600_000], jitter: 0 },
    ...(ca === '' ? {} : { ca }),
  });
  for (const [index, url] of urls.entries()) {
    const job = await manager.createJob('proxied', 0);
    await job.addFile(url, `${directory}/${index}`);
    await job.resume();
    let state = await waitForState(job, [TRANSFERRED, TRANSIENT_ERROR, ERROR]);
    if (state === TRANSIENT_ERROR) {
      await job.resume();
      state = await waitForState(job, [TRANSFERRED, TRANSIENT_ERROR, ERROR]);
    }
    const code = codeOf(await job.getLastFailure());
    if (state === TRANSFERRED) {
      await job.complete();
      results.push('TRANSFERRED');
    } else {
      results.push(state === ERROR ? code : `transient ${code}`);
      await job.cancel();
    }
  }
}
await rm(`${directory}/data`, { recursive: true });
process.stdout.write(JSON.stringify(results));
