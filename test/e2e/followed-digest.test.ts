/** Demanded digests of files large enough to be hashed while they arrive. */

import assert from 'node:assert/strict';
import { readdir, truncate } from 'node:fs/promises';
import { test } from 'node:test';

import { sha256Of, startOrigin } from '../support/origin.ts';
import {
  addJob,
  assertContent,
  openWorld,
  reportedFailure,
  runAndComplete,
  runToEnd,
  waitForBytes,
} from '../support/engine-world.ts';

const MIB = 1_048_576;
const SIZE = 40 * MIB + 12_345;

const digestOf = (seed: number): { readonly algorithm: 'sha-256'; readonly hex: string } => ({
  algorithm: 'sha-256',
  hex: sha256Of(SIZE, seed),
});

for (const connectionsPerOrigin of [1, 4]) {
  test(`a large file with the digest demanded is let through, over ${connectionsPerOrigin} connections`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld({ connectionsPerOrigin });
    const body = { size: SIZE, seed: 1 };
    const url = origin.put('/file.bin', { body });
    const { job, target } = await addJob(world, url, 'out.bin', { digest: digestOf(1) });
    await runAndComplete(job);
    await assertContent(target, body);
  });
}

test('a large file with one wrong byte near its beginning is refused, twice, and not delivered', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: 1 } });
  origin.always('/file.bin', { kind: 'corrupt', contentOffset: 5 });
  const { job } = await addJob(world, url, 'out.bin', { digest: digestOf(1) });
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).code, 'DO_E_BAD_PIECE_HASH');
  assert.ok(origin.requests.some(({ headers }) => headers['cache-control'] === 'no-cache'));
  await job.cancel();
  assert.deepEqual(await world.names(), []);
});

for (const how of ['200', '206'] as const) {
  test(`a large file that changes under way has the digest of the new version, found by a ${how}`, async () => {
    await using origin = await startOrigin({
      onRequest(request, self) {
        if (request.headers['range'] !== undefined) self.put('/file.bin', changed);
      },
    });
    await using world = await openWorld({ connectionsPerOrigin: 1 });
    const changed = { body: { size: SIZE, seed: 2 } };
    const url = origin.put('/file.bin', { body: { size: SIZE, seed: 1 } });
    // Enough is here by then to be hashed already.
    origin.script('/file.bin', [
      [{ kind: 'close-mid-body', afterBytes: 30 * MIB }],
      how === '206' ? [{ kind: 'etag', value: '"another"' }] : [],
    ]);
    const { job, target } = await addJob(world, url, 'out.bin', { digest: digestOf(2) });
    await runAndComplete(job);
    await assertContent(target, changed.body);
  });
}

test('a large file whose partial file is cut short between two runs is fetched again as needed', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const body = { size: SIZE, seed: 1 };
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'stall', afterBytes: 30 * MIB }]);
  const { job, target } = await addJob(world, url, 'out.bin', { digest: digestOf(1) });
  await job.resume();
  await waitForBytes(job, 20 * MIB);
  const id = await job.getId();
  await world.close();
  const [part = ''] = await readdir(world.target('.'));
  await truncate(world.target(part), 17 * MIB);
  const again = await (await world.reopen()).getJob(id);
  await runAndComplete(again);
  await assertContent(target, body);
});
