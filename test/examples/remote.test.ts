import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { test } from 'node:test';

import { openClientWorld } from '../client/client-world.ts';
import { compareFile, startOrigin } from '../support/origin.ts';
import { temporaryDirectory, until } from '../support/temporary.ts';
import { runExample, startExample } from './run-example.ts';

const body = { size: 3_000_001, seed: 7 };

test('remote.ts has the service fetch a file, and completes the job when told', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  const url = origin.put('/file.bin', { body });
  process.env['HAULYARD_SOCKET'] = world.service.socket;
  const target = world.target('file.bin');
  const end = await runExample('remote.ts', { args: [url, target], dataDir: target });
  assert.deepEqual([end.code, end.stderr], [0, '']);
  assert.match(end.stdout, /^job [0-9a-f-]{36}\nsaved .*file\.bin\n$/);
  assert.equal(await compareFile(target, body.size, body.seed), undefined);
});

test('remote.ts killed on its way leaves the job to the service, and goes on with it by its id', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  await using world = await openClientWorld();
  const url = origin.put('/file.bin', { body });
  process.env['HAULYARD_SOCKET'] = world.service.socket;
  const target = world.target('file.bin');
  const first = startExample('remote.ts', { args: [url, target], dataDir: target });
  await until(() => first.output().includes('job '), { what: 'the id', timeoutMs: 20_000 });
  first.kill('SIGKILL');
  await first.ended;
  const id = /^job (.*)$/m.exec(first.output())![1]!;
  const job = await world.manager.getJob(id);
  await until(async () => (await job.getProgress()).filesTransferred === 1, {
    what: 'the service to finish alone',
    timeoutMs: 20_000,
  });
  await assert.rejects(open(target), { code: 'ENOENT' });
  const second = await runExample('remote.ts', { args: [id], dataDir: target });
  assert.deepEqual([second.code, second.stderr], [0, '']);
  assert.equal(await compareFile(target, body.size, body.seed), undefined);
});

test('remote.ts says why it failed, and how to start a service that is not there', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  await using directory = await temporaryDirectory();
  process.env['HAULYARD_SOCKET'] = world.service.socket;
  const args = [origin.url('/missing'), world.target('x')];
  const failed = await runExample('remote.ts', { args, dataDir: directory.path });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /answered HTTP 404/);
  process.env['HAULYARD_SOCKET'] = directory.join('none.sock');
  const alone = await runExample('remote.ts', { args, dataDir: directory.path });
  assert.equal(alone.code, 1);
  assert.match(alone.stderr, /^DO_E_NO_SERVICE: .*haulyard daemon run/);
});
