import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import { completeJob, jobWithBytes, makeJob } from '../../support/daemon-jobs.ts';
import { daemonPlace } from '../../support/daemon-process.ts';
import { startOrigin } from '../../support/origin.ts';

/** What a stop may cost: bytes on their way that were not written yet. */
const LOST_PER_FILE = 1_048_576;
const DOWNLOADS = 8;

test('SIGTERM in the midst of eight slow downloads ends in good order, and their bytes are kept', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 1_500_000 } });
  await using place = await daemonPlace(
    '[jobs]\nbackground_slots = 8\n[http]\nconnections_per_origin = 16\n',
  );
  const body = (index: number) => ({ size: 6_000_000, seed: 100 + index });
  const first = await place.start();
  const jobs = [];
  for (let index = 0; index < DOWNLOADS; index += 1) {
    const url = origin.put(`/file-${index}`, { body: body(index) });
    jobs.push(await makeJob(first, url, place.target(`file-${index}`)));
  }
  for (const { id } of jobs) await jobWithBytes(first, id, 2_000_000);
  assert.deepEqual(await first.stop(), { code: 0, signal: null });
  await origin.idle();
  const sentBefore = origin.bytesSent();

  origin.limit({});
  const second = await place.start();
  for (const [index, { id }] of jobs.entries()) {
    await completeJob(second, id, place.target(`file-${index}`), body(index));
  }
  const wanted = DOWNLOADS * 6_000_000;
  const sentAgain = origin.bytesSent() - wanted;
  assert.ok(sentBefore >= DOWNLOADS * 2_000_000, 'the first process got its share');
  assert.ok(
    sentAgain <= DOWNLOADS * LOST_PER_FILE,
    `${sentAgain} bytes came twice, ${sentBefore} of them before the stop`,
  );
});

test('a job made just before SIGTERM is there after it', async () => {
  await using origin = await startOrigin();
  await using place = await daemonPlace();
  const body = { size: 300_000, seed: 5 };
  const url = origin.put('/file', { body });
  const first = await place.start();
  const { id } = await makeJob(first, url, place.target('file'));
  assert.deepEqual(await first.stop(), { code: 0, signal: null });
  const second = await place.start();
  await completeJob(second, id, place.target('file'), body);
});

test('calls under way on every listener do not add up when it stops', async () => {
  await using place = await daemonPlace('[daemon]\ntcp = "127.0.0.1:0"\n');
  const daemon = await place.start();
  const half =
    'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
  const sockets = [connect(place.socket), connect(daemon.port, '127.0.0.1')];
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.write(half.replace('Host: localhost', `Host: localhost:${daemon.port}`));
    await once(socket, 'connect');
  }
  const began = performance.now();
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
  assert.ok(performance.now() - began < 4_000);
  for (const socket of sockets) socket.destroy();
});
