import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JobFacts } from '../../../src/app/cli/job-facts.ts';
import { BG_JOB_TYPE, openManager } from '../../../src/index.ts';
import { objectsOf, workplace } from './command.ts';
import { fakeService, jobResource } from './fake-service.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

test('list asks a service for the newest jobs alone, and for all of them with --all or --json', async () => {
  await using place = await workplace();
  const socket = place.directory.join('h.sock');
  const job = jobResource();
  await using service = await fakeService(socket, {
    listJobs: ({ query }) =>
      query['first'] === 'newest'
        ? { jobs: [{ ...job, displayName: 'younger' }, job], next: 'bW9yZQ', total: 100_000 }
        : { jobs: [job], next: null, total: 1 },
  });
  delete place.env['HAULYARD_EMBEDDED'];
  place.env['HAULYARD_SOCKET'] = socket;

  const newest = await place.run(['list']);
  assert.equal(newest.exitCode, 0, newest.stderr);
  assert.match(newest.stderr, /^99998 older jobs are not shown; --all shows them\./);
  const older = newest.stderr.indexOf(job.displayName);
  assert.ok(older > 0 && older < newest.stderr.indexOf('younger'), 'the newest is the last');
  assert.equal(service.requests.length, 1);
  assert.equal(service.last('listJobs').query['limit'], '20');

  for (const option of ['--all', '--json']) {
    const all = await place.run(['list', option]);
    assert.equal(all.exitCode, 0, all.stderr);
    assert.doesNotMatch(all.stderr, /older/);
    assert.equal(service.last('listJobs').query['first'], undefined, option);
  }
});

test('without a service list shows the newest jobs too, and all of them when asked for', async () => {
  await using place = await workplace();
  const made: string[] = [];
  {
    await using manager = await openManager({ dataDir: place.dataDir, startInterrupted: false });
    for (let index = 0; index < 23; index += 1) {
      const job = await manager.createJob(`job ${index}`, BG_JOB_TYPE.DOWNLOAD);
      made.push(await job.getId());
    }
  }
  const newest = await place.run(['list']);
  assert.match(newest.stderr, /^3 older jobs are not shown; --all shows them\./);
  assert.deepEqual(newest.stderr.match(UUID), made.slice(3));
  const all = await place.run(['list', '--all']);
  assert.doesNotMatch(all.stderr, /older/);
  assert.deepEqual(all.stderr.match(UUID), made);
  const [jobs] = objectsOf(await place.run(['list', '--json'])) as (readonly JobFacts[])[];
  assert.deepEqual(
    jobs?.map(({ id }) => id),
    made,
  );
});
