import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import type { EventResource } from '../../../src/rest/contract.ts';
import { completeJob, jobInState, jobWithBytes, makeJob } from '../../support/daemon-jobs.ts';
import { daemonPlace } from '../../support/daemon-process.ts';
import { followEvents } from '../../support/event-follower.ts';
import { compareFile, startOrigin } from '../../support/origin.ts';
import { listen } from '../../support/sse-client.ts';

/** A program of its own that uses the client library; prints the id of what it makes. */
async function runClient(task: 'make' | 'complete', socket: string, ...words: string[]) {
  const program = fileURLToPath(new URL('client-child.ts', import.meta.url));
  const child = spawn(process.execPath, [program, task, socket, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `the client program said: ${said}`);
  return said.trim();
}

test('a job of one program outlives a crash, and another program hears of its end and completes it', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 4_000_000 } });
  await using place = await daemonPlace();
  const body = { size: 12_000_000, seed: 77 };
  const url = origin.put('/file', { body });
  const first = await place.start();
  const id = await runClient('make', place.socket, url, place.target('file'));
  await jobWithBytes(first, id, 3_000_000);
  await using before = await listen(place.socket, null, '/v1/events?after=0&progress=false');
  const heard = await before.waitFor(3);
  const lastHeard = String(heard.at(-1)?.id);
  await first.kill();

  const second = await place.start();
  const completing = runClient('complete', place.socket, id);
  // A listener without the library: it comes back with the last id that it had.
  await using after = await listen(place.socket, null, '/v1/events?progress=false', {
    'last-event-id': lastHeard,
  });
  const events = (): EventResource[] => after.events.map(({ data }) => data as EventResource);
  assert.equal(await completing, 'completed');
  await jobInState(second, id, 'acknowledged');
  await after.waitFor(3);
  const states = events().flatMap((event) => (event.kind === 'job.state' ? [event.to] : []));
  assert.ok(states.includes('transferred'), `the end was told: ${states.join(', ')}`);
  assert.equal(states.filter((state) => state === 'transferred').length, 1);
  assert.ok(events().every(({ sequence }) => sequence > Number(lastHeard)));
  assert.equal(await compareFile(place.target('file'), body.size, body.seed), undefined);
});

test('a job that ended while nobody listened is told to whoever comes after the crash', async () => {
  await using origin = await startOrigin();
  await using place = await daemonPlace();
  const body = { size: 400_000, seed: 3 };
  const first = await place.start();
  const { id } = await makeJob(first, origin.put('/f', { body }), place.target('f'));
  const { pendingEvent } = await jobInState(first, id, 'transferred');
  await first.kill();
  const second = await place.start();
  const job = await jobInState(second, id, 'transferred');
  assert.deepEqual(job.pendingEvent, pendingEvent, 'the final event still waits to be taken');
  await using follower = followEvents(place.socket);
  await follower.waitFor('the end of the job', ({ data }) => data.to === 'transferred');
  await completeJob(second, id, place.target('f'), body);
});
