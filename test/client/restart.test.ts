import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';

import { connect } from '../../src/client/index.ts';
import { openNodeSender } from '../../src/client/node-sender.ts';
import { BG_JOB_STATE, DODownloadProperty, DODownloadState } from '../../src/core/constants.ts';
import type { IBackgroundCopyCallback } from '../../src/core/interfaces/job.ts';
import { RestClient } from '../../src/rest/client.ts';
import { openApiWorld, TOKENS } from '../support/api-world.ts';
import { addJob, assertContent, runToEnd, waitForBytes } from '../support/engine-world.ts';
import { startOrigin } from '../support/origin.ts';
import { until } from '../support/temporary.ts';
import { openClientWorld } from './client-world.ts';

const body = { size: 400_000, seed: 3 };

function listener(
  told: string[],
  parts: Partial<IBackgroundCopyCallback> = {},
): IBackgroundCopyCallback {
  return {
    jobTransferred: () => void told.push('transferred'),
    jobError: () => void told.push('error'),
    jobModification: () => void told.push('modification'),
    ...parts,
  };
}

const quiet = (): Promise<void> => sleep(200);

test('a callback goes on after the service was restarted, with nothing done for it', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  const url = origin.put('/file', { body });
  origin.script('/file', [{ kind: 'stall', afterBytes: 100_000 }]);
  const { job, target } = await addJob(world, url);
  const told: string[] = [];
  await job.setNotifyInterface(listener(told));
  await job.resume();
  await waitForBytes(job, 100_000);
  await world.stop();
  await assert.rejects(job.getState(), { code: 'DO_E_NO_SERVICE' });
  await assert.rejects(job.resume(), { code: 'DO_E_NO_SERVICE' });
  await world.start();
  await until(() => told.length > 0, { what: 'the event', timeoutMs: 20_000 });
  await quiet();
  assert.deepEqual(told, ['transferred']);
  assert.equal(await job.complete(), 0);
  await assertContent(target, body);
  assert.equal(world.warnings.length, 1, 'said once');
  assert.match(world.warnings[0]!, /event stream .* is opened again/);
});

test('what happened while the stream was away is told: the job ended between two connections', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  const { job } = await addJob(world, origin.put('/file', { body }));
  const told: string[] = [];
  await job.setNotifyInterface(listener(told));
  const id = await job.getId();
  // No connection is left, and the client does not know yet when the job ends.
  await world.stop();
  await world.start();
  const other = await world.connect();
  await runToEnd(await other.getJob(id));
  await until(() => told.length > 0, { what: 'the event', timeoutMs: 20_000 });
  assert.deepEqual(told, ['transferred']);
});

test('an event that was taken while the service was away is acknowledged when it is back', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  const { job } = await addJob(world, origin.put('/file', { body }));
  const entered = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  await job.setNotifyInterface(
    listener([], {
      jobTransferred: () => {
        entered.resolve();
        return leave.promise;
      },
    }),
  );
  await runToEnd(job);
  await entered.promise;
  await world.stop();
  leave.resolve();
  await quiet();
  await world.start();
  const pending = async (): Promise<boolean> => {
    const other = await world.connect();
    const told: string[] = [];
    await (await other.getJob(await job.getId())).setNotifyInterface(listener(told));
    await quiet();
    await other[Symbol.asyncDispose]();
    return told.length > 0;
  };
  // Whoever asks too early is told as well: at least once was promised.
  await until(async () => !(await pending()), { what: 'acknowledgement', timeoutMs: 20_000 });
});

test('a program that ends right after its callback is not told again', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  const { job } = await addJob(world, origin.put('/file', { body }));
  const id = await job.getId();
  const first = await world.connect();
  const heard = Promise.withResolvers<void>();
  await (
    await first.getJob(id)
  ).setNotifyInterface(listener([], { jobTransferred: () => heard.resolve() }));
  await runToEnd(job);
  await heard.promise;
  await first[Symbol.asyncDispose]();
  const told: string[] = [];
  await job.setNotifyInterface(listener(told));
  await quiet();
  assert.deepEqual(told, []);
});

test('two programs that listen to one job hear of it both', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  const { job } = await addJob(world, origin.put('/file', { body }));
  const other = await (await world.connect()).getJob(await job.getId());
  const told: string[] = [];
  const wait = (): Promise<void> => sleep(50);
  const parts = (name: string): Partial<IBackgroundCopyCallback> => ({
    // Slower than the other hears of it: what one has taken, the other is not owed any more.
    jobTransferred: () => wait().then(() => void told.push(name)),
  });
  await job.setNotifyInterface(listener([], parts('one')));
  await other.setNotifyInterface(listener([], parts('other')));
  await runToEnd(job);
  await until(() => told.length === 2, { what: 'both' });
  assert.deepEqual(told.sort(), ['one', 'other']);
});

test('a final job that the service has forgotten answers with its last values', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  const { job, file, target } = await addJob(world, origin.put('/file', { body }), 'name');
  await runToEnd(job);
  await job.complete();
  assert.equal((await file.getProgress()).completed, true);
  using sender = openNodeSender({ socket: world.service.socket });
  const rest = new RestClient({ send: sender.send, where: 'the test' });
  const params = { id: await job.getId() };
  await rest.call('removeJob', { params });
  await assert.rejects(rest.call('getJob', { params }), { code: 'DO_E_JOB_NOT_FOUND' });
  assert.equal(await job.getState(), BG_JOB_STATE.ACKNOWLEDGED);
  assert.equal(await job.getDisplayName(), 'name');
  assert.equal(await file.getLocalName(), target);
  assert.equal((await file.getProgress()).completed, true);
  await assert.rejects(job.setPriority(0), { code: 'DO_E_INVALID_STATE' });
  await assert.rejects(job.resume(), { code: 'DO_E_INVALID_STATE' });
  await assert.rejects(job.setNotifyInterface(listener([])), { code: 'DO_E_INVALID_STATE' });
  await job.setNotifyInterface(null);
});

test('an administrator hears of a job of somebody else', async () => {
  await using origin = await startOrigin();
  await using world = await openApiWorld();
  const url = `http://127.0.0.1:${world.port}`;
  await using alice = await connect({ url, token: TOKENS.alice });
  await using admin = await connect({ url, token: TOKENS.admin });
  await using bob = await connect({ url, token: TOKENS.bob });
  const own = await admin.createJob('of the administrator', 0);
  const { job } = await addJob(
    { manager: alice, target: (name) => world.target(name) },
    origin.put('/file', { body }),
  );
  const id = await job.getId();
  const told: string[] = [];
  await own.setNotifyInterface(listener(told));
  await (await admin.getJob(id)).setNotifyInterface(listener(told));
  await assert.rejects(bob.getJob(id), { code: 'E_ACCESSDENIED' });
  await runToEnd(job);
  await until(() => told.length > 0, { what: 'the event', timeoutMs: 10_000 });
  assert.deepEqual(told, ['transferred']);
});

test('a stream is opened for the first callback and closed after the last', async () => {
  await using world = await openApiWorld();
  await using manager = await connect({ socket: world.socketPath });
  const listeners = async (): Promise<number> => {
    const metrics = (await world.send({ path: '/metrics' })).text;
    return Number(/^haulyard_event_listeners (\d+)$/m.exec(metrics)?.[1]);
  };
  const [one, two] = [await manager.createJob('1', 0), await manager.createJob('2', 0)];
  assert.equal(await listeners(), 0);
  await one.setNotifyInterface(listener([]));
  await two.setNotifyInterface(listener([]));
  assert.equal(await listeners(), 1);
  await one.setNotifyInterface(null);
  assert.equal(await listeners(), 1);
  await two.cancel();
  await until(async () => (await listeners()) === 0, { what: 'the stream to close' });
});

test('disposing ends a call that waits', async () => {
  await using origin = await startOrigin();
  await using world = await openClientWorld();
  origin.put('/file', { body });
  origin.always('/file', { kind: 'stall', afterBytes: 1_000 });
  const manager = await world.connect();
  const download = await manager.downloads.createDownload();
  await download.setProperty(DODownloadProperty.Uri, origin.url('/file'));
  await download.setProperty(DODownloadProperty.LocalPath, world.target('out'));
  await download.setProperty(DODownloadProperty.BlockingMode, true);
  const started = assert.rejects(download.start(), { code: 'DO_E_NO_SERVICE' });
  await until(async () => (await download.getStatus()).state === DODownloadState.Transferring, {
    what: 'the transfer',
  });
  await manager[Symbol.asyncDispose]();
  await started;
});
