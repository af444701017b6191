import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JobFacts } from '../../../src/app/cli/job-facts.ts';
import { compareFile, sha256Of, startOrigin, type Origin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';
import { objectsOf, workplace, type RunningCommand, type Workplace } from './command.ts';

const SIZE = 24_000_000;
const SEED = 11;

/** Slow enough to be caught in the middle. */
const SLOW = { totalBytesPerSecond: 8_000_000 };

async function slowGet(
  origin: Origin,
  place: Workplace,
  options: readonly string[] = [],
): Promise<RunningCommand> {
  origin.put('/big', { body: { size: SIZE, seed: SEED } });
  const command = place.start(['get', ...options, origin.url('/big')]);
  await until(() => origin.bytesSent() > SIZE / 3, {
    what: 'a third of the file',
    timeoutMs: 20_000,
  });
  return command;
}

async function assertWhole(place: Workplace, file = 'big'): Promise<void> {
  assert.equal(await compareFile(place.directory.join(file), SIZE, SEED), undefined);
}

test('after a SIGKILL the same command goes on where it was', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using place = await workplace();
  const command = await slowGet(origin, place);
  command.child.kill('SIGKILL');
  assert.equal((await command.ended).exitCode, null);
  await origin.idle();
  origin.limit({});
  const before = origin.bytesSent();
  const again = await place.run(['get', origin.url('/big')]);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.match(again.stderr, /^big: resuming at [1-9]\d*%$/m);
  await assertWhole(place);
  assert.ok(origin.bytesSent() - before < SIZE, 'some of the file was not fetched again');
  assert.deepEqual(objectsOf(await place.run(['list', '--json'])), [[]]);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} suspends the job and says how to go on`, async () => {
    await using origin = await startOrigin({ limits: SLOW });
    await using place = await workplace();
    const command = await slowGet(origin, place);
    command.child.kill(signal);
    const { exitCode, stderr } = await command.ended;
    assert.equal(exitCode, 7, stderr);
    assert.match(stderr, /^big: suspended at \d+%$/m);
    const [, id = ''] =
      /^Run the same command again, or: haulyard resume (\S+)$/m.exec(stderr) ?? [];
    const [jobs] = objectsOf(await place.run(['list', '--json'])) as (readonly JobFacts[])[];
    assert.deepEqual(
      jobs?.map((job) => [job.id, job.state]),
      [[id, 'suspended']],
    );
    origin.limit({});
    const resumed = await place.run(['resume', id]);
    assert.equal(resumed.exitCode, 0, resumed.stderr);
    assert.match(resumed.stderr, /^big: resuming at [1-9]\d*%$/m);
    await assertWhole(place);
  });
}

test('a second signal ends the process at once with 130', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using place = await workplace();
  const command = await slowGet(origin, place);
  // Two different ones: two of the same kind may arrive as one.
  command.child.kill('SIGINT');
  command.child.kill('SIGTERM');
  assert.equal((await command.ended).exitCode, 130);
});

test('an earlier job that was held to another checksum is not taken up', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using place = await workplace();
  const wrong = `sha-256=${'0'.repeat(64)}`;
  const command = await slowGet(origin, place, ['--checksum', wrong]);
  command.child.kill('SIGINT');
  assert.equal((await command.ended).exitCode, 7);
  origin.limit({});
  const right = `sha-256=${sha256Of(SIZE, SEED)}`;
  const again = await place.run(['get', '--checksum', right, origin.url('/big')]);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.match(again.stderr, /held to another checksum/);
  await assertWhole(place);
});

test('a data directory in use names the process that has it', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using place = await workplace();
  const command = await slowGet(origin, place);
  // The download has to last longer than the commands beside it, however busy the machine is.
  origin.limit({ totalBytesPerSecond: 100_000 });
  const list = await place.run(['list']);
  assert.equal(list.exitCode, 29);
  assert.match(list.stderr, new RegExp(`process ${command.child.pid} \\(haulyard get\\)`));
  const other = await place.run(['--data-dir', place.directory.join('other'), 'list']);
  assert.equal(other.exitCode, 0, other.stderr);
  command.child.kill('SIGINT');
  assert.equal((await command.ended).exitCode, 7);
});

test('a download goes on when nobody reads its output any more', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using place = await workplace();
  const command = await slowGet(origin, place, ['--json']);
  command.child.stdout?.destroy();
  command.child.stderr?.destroy();
  origin.limit({});
  assert.equal((await command.ended).exitCode, 0);
  await assertWhole(place);
});
