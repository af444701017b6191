import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { S_OK } from '../../src/index.ts';
import {
  NO_RETRIES,
  addJob,
  assertContent,
  attemptsOf,
  openWorld,
  reportedFailure,
  runAndComplete,
  waitForBytes,
  waitForState,
  type OneFileJob,
} from '../support/engine-world.ts';
import { BG_ERROR_CONTEXT, BG_JOB_STATE } from '../../src/index.ts';
import { bytesAt, startOrigin, type Origin } from '../support/origin.ts';
import { FAULT_ROWS, type Outcome } from './faulty-origin-table.ts';

const SIZE = 1_000_000;
const body = { size: SIZE, seed: 7 };
const CUT = 'ERROR_WINHTTP_CONNECTION_ERROR';

/** Runs the job to its end from here on, and checks attempts, requests and content. */
async function expectOutcome(
  origin: Origin,
  { job, target }: OneFileJob,
  outcome: Outcome,
): Promise<void> {
  const before = origin.requests.length;
  const stored = (await job.getProgress()).bytesTransferred;
  const end = outcome.fatal === true ? 'ERROR' : 'TRANSFERRED';
  const attempts = await attemptsOf(job);
  assert.deepEqual(attempts, [...(outcome.failures ?? []), end]);
  await origin.idle();
  assertRanges(origin, before, outcome);

  if (outcome.fatal === true) {
    const failure = await reportedFailure(job);
    assert.equal(failure.file, target);
    const forbidden = failure.info['HttpStatus'] === 403;
    const { NONE, REMOTE_FILE } = BG_ERROR_CONTEXT;
    assert.equal(failure.context, forbidden ? REMOTE_FILE : NONE);
    assert.equal((await job.getProgress()).bytesTransferred, stored, 'bytes are kept');
    // What was wrong is over: the job goes on with the bytes it has.
    const repaired = origin.requests.length;
    await runAndComplete(job);
    await assertContent(target, body);
    const ranges = origin.requests.slice(repaired).map(({ headers }) => headers['range']);
    assert.deepEqual(ranges, [stored === 0 ? undefined : `bytes=${stored}-`]);
    return;
  }
  assert.equal(await job.complete(), S_OK);
  if (outcome.holds === 'gzip') await assertContent(target, gzipSync(bytesAt(7, 0, SIZE)));
  else if (outcome.holds === 'nothing') await assertContent(target, Buffer.alloc(0));
  else await assertContent(target, body);
}

function assertRanges(origin: Origin, from: number, { ranges }: Outcome): void {
  if (ranges === undefined) return;
  const seen = origin.requests.slice(from);
  let next = 0;
  const shown = seen.map(({ headers, firstByte, bodyBytes, status }, index) => {
    const { range, 'if-range': condition } = headers;
    if (range === undefined) {
      assert.equal(condition, undefined, 'no If-Range without Range');
      if (status === 200) next = bodyBytes;
      return '-';
    }
    const start = Number(/^bytes=(\d+)-/.exec(range)?.[1]);
    assert.ok(start > 0 && start < SIZE, range);
    assert.equal(condition, '"seed-7-1000000"', 'the strong tag goes with the range');
    // Every byte that was written to the socket and taken is not asked for again.
    if (index > 0 && next > 0) assert.ok(start <= next, `${start} is not beyond ${next}`);
    if (firstByte !== undefined) next = firstByte + bodyBytes;
    return 'resume';
  });
  assert.deepEqual(shown, ranges);
  for (const { headers } of seen) assert.equal(headers['accept-encoding'], 'identity');
}

let cells = 0;

for (const { name, faults, fresh, continued } of FAULT_ROWS) {
  if (fresh !== undefined) {
    cells += 1;
    test(`${name} meets the first request`, async () => {
      await using origin = await startOrigin();
      await using world = await openWorld({ retry: NO_RETRIES });
      const url = origin.put('/file.bin', { body });
      origin.script('/file.bin', [faults]);
      await expectOutcome(origin, await addJob(world, url), fresh);
    });
  }
  if (continued !== undefined) {
    cells += 2;
    test(`${name} meets a request in mid-transfer`, async () => {
      await using origin = await startOrigin();
      await using world = await openWorld({ retry: NO_RETRIES });
      const url = origin.put('/file.bin', { body });
      origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 300_000 }, faults]);
      const made = await addJob(world, url);
      await made.job.resume();
      await waitForState(made.job, BG_JOB_STATE.TRANSIENT_ERROR);
      assert.equal((await made.job.getLastFailure())?.code, CUT);
      assert.equal((await made.job.getProgress()).bytesTransferred, 300_000);
      await expectOutcome(origin, made, continued);
    });
    test(`${name} meets the request after suspend and a restart of the process`, async () => {
      await using origin = await startOrigin();
      await using world = await openWorld({ retry: NO_RETRIES });
      const url = origin.put('/file.bin', { body });
      origin.script('/file.bin', [{ kind: 'stall', afterBytes: 400_000 }, faults]);
      const { job } = await addJob(world, url);
      await job.resume();
      await waitForBytes(job, 400_000);
      await job.suspend();
      assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
      const again = await (await world.reopen()).getJob(await job.getId());
      const [file] = await (await again.enumFiles()).next();
      await expectOutcome(
        origin,
        { job: again, file: file!, target: world.target('out.bin') },
        continued,
      );
    });
  }
}

test('the table of faults covers its cells', (t) => {
  t.diagnostic(`${FAULT_ROWS.length} faults, ${cells} cells`);
});
