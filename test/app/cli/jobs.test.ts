import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { test } from 'node:test';

import type { JobDetails, JobFacts } from '../../../src/app/cli/job-facts.ts';
import type { Outcome } from '../../../src/app/cli/outcome.ts';
import { BG_JOB_STATE, BG_JOB_TYPE, openManager } from '../../../src/index.ts';
import { startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';
import { objectsOf, workplace, type Workplace } from './command.ts';

const hello = Buffer.from('hello');

/** Makes a job with these files and runs it until it stops by itself; returns its id. */
async function jobOf(place: Workplace, name: string, urls: readonly string[]): Promise<string> {
  await using manager = await openManager({ dataDir: place.dataDir, startInterrupted: false });
  const job = await manager.createJob(name, BG_JOB_TYPE.DOWNLOAD);
  for (const url of urls) {
    await job.addFile(url, place.directory.join(basename(new URL(url).pathname)));
  }
  if (urls.length > 0) {
    await job.resume();
    const ends: readonly number[] = [BG_JOB_STATE.ERROR, BG_JOB_STATE.TRANSFERRED];
    await until(async () => ends.includes(await job.getState()), { what: 'the job to stop' });
  }
  return job.getId();
}

test('list shows jobs with their last failure; show tells all of one', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const none = await place.run(['list']);
  assert.equal(none.exitCode, 0, none.stderr);
  assert.match(none.stderr, /^No jobs\./);
  const id = await jobOf(place, 'my job', [`${origin.url('/missing')}?token=secret`]);
  const list = await place.run(['list']);
  assert.equal(list.stdout, '');
  assert.match(list.stderr, new RegExp(`${id} +error .*my job .*HTTP_E_STATUS_NOT_FOUND`));
  const [jobs] = objectsOf(await place.run(['list', '--json'])) as (readonly JobFacts[])[];
  assert.equal(jobs?.[0]?.lastFailure?.httpStatus, 404);

  const shown = await place.run(['show', id]);
  assert.equal(shown.exitCode, 0, shown.stderr);
  assert.match(shown.stderr, /failure .*404/);
  assert.match(shown.stderr, new RegExp(`haulyard resume ${id}`));
  assert.doesNotMatch(shown.stderr, /secret/);
  const [details] = objectsOf(await place.run(['show', '--json', id])) as JobDetails[];
  assert.equal(details?.files[0]?.url.endsWith('?token=secret'), true);
});

test('a job can be named by the beginning of its id, if no other begins so', async () => {
  await using place = await workplace();
  const first = await jobOf(place, 'one', []);
  const short = await place.run(['show', '--json', first.slice(0, 4)]);
  assert.equal((objectsOf(short) as JobDetails[])[0]?.id, first);
  const second = await jobOf(place, 'two', []);
  const ambiguous = await place.run(['show', first.slice(0, 4)]);
  assert.equal(ambiguous.exitCode, 42);
  assert.match(ambiguous.stderr, new RegExp(`2 jobs[^]*${first} {2}one\n[^]*${second} {2}two\n`));
  for (const unknown of ['ffff', 'abc', 'nonsense', '01234567-89ab-7def-8123-456789abcdef']) {
    const result = await place.run(['show', unknown]);
    assert.equal(result.exitCode, 42, unknown);
  }
});

test('resume tries a failed job again and completes it', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const id = await jobOf(place, 'a', [origin.url('/a')]);
  origin.put('/a', { body: hello });
  const result = await place.run(['resume', '--json', id]);
  assert.equal(result.exitCode, 0, result.stderr);
  const [outcome] = objectsOf(result) as Outcome[];
  assert.equal(outcome?.state, 'acknowledged');
  assert.equal(outcome?.url, origin.url('/a'));
  assert.equal(await readFile(place.directory.join('a'), 'utf8'), 'hello');
});

test('resume of a job without files exits with 43, of a failing one as get does', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const empty = await jobOf(place, 'empty', []);
  const failing = await jobOf(place, 'failing', [origin.url('/missing')]);
  assert.equal((await place.run(['resume', empty])).exitCode, 43);
  assert.equal((await place.run(['resume', failing])).exitCode, 3);
});

test('cancel forgets jobs, and none of them when one id is wrong', async () => {
  await using place = await workplace();
  const first = await jobOf(place, 'one', []);
  const second = await jobOf(place, 'two', []);
  const wrong = await place.run(['cancel', first, 'ffff']);
  assert.equal(wrong.exitCode, 42);
  assert.equal((await place.run(['show', first])).exitCode, 0);
  const right = await place.run(['cancel', '--json', first, second]);
  assert.equal(right.exitCode, 0, right.stderr);
  assert.deepEqual(objectsOf(right), [
    { id: first, result: 'S_OK' },
    { id: second, result: 'S_OK' },
  ]);
  assert.deepEqual(objectsOf(await place.run(['list', '--json'])), [[]]);
});

test('complete keeps the files that are whole and says which', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/whole', { body: hello });
  const id = await jobOf(place, 'half', [url, origin.url('/missing')]);
  const result = await place.run(['complete', '--json', id]);
  assert.equal(result.exitCode, 7, result.stderr);
  assert.match(result.stderr, /^half: completed, 1 of 2 files are in place$/m);
  assert.match(result.stderr, /^ {2}kept .*whole$/m);
  assert.match(result.stderr, /^ {2}dropped .*missing$/m);
  assert.deepEqual(objectsOf(result), [
    {
      id,
      result: 'BG_S_PARTIAL_COMPLETE',
      kept: [place.directory.join('whole')],
      dropped: [place.directory.join('missing')],
    },
  ]);
  assert.deepEqual((await readdir(place.directory.path)).sort(), ['data', 'whole']);
});

test('get only completes a job whose bytes are here already', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: hello });
  const id = await jobOf(place, 'a', [url]);
  const requests = origin.requests.length;
  const result = await place.run(['get', '--json', url]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal((objectsOf(result) as Outcome[])[0]?.id, id);
  assert.equal(origin.requests.length, requests);
  assert.equal(await readFile(place.directory.join('a'), 'utf8'), 'hello');
});
