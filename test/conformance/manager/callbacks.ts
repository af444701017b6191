import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  BG_JOB_STATE,
  BG_NOTIFY,
  type IBackgroundCopyCallback,
  type IBackgroundCopyError,
  type IBackgroundCopyJob,
} from '../../../src/index.ts';
import { addJob, assertContent, runToEnd, waitForState } from '../../support/engine-world.ts';
import { startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';
import type { Suite } from './harness.ts';

const body = { size: 50_000, seed: 5 };
const ALL =
  BG_NOTIFY.JOB_TRANSFERRED |
  BG_NOTIFY.JOB_ERROR |
  BG_NOTIFY.JOB_MODIFICATION |
  BG_NOTIFY.FILE_TRANSFERRED;

/** Notes the name of each call; a part may be replaced. */
function listener(
  told: string[],
  parts: Partial<IBackgroundCopyCallback> = {},
): IBackgroundCopyCallback {
  return {
    jobTransferred: () => void told.push('transferred'),
    jobError: () => void told.push('error'),
    jobModification: () => void told.push('modification'),
    fileTransferred: () => void told.push('file'),
    ...parts,
  };
}

/** Time for whatever is told to be told; what must not be told has then not been. */
const quiet = (): Promise<void> => sleep(150);

const heard = (told: readonly string[], event: string): Promise<boolean> =>
  until(() => told.includes(event), { what: event, timeoutMs: 10_000 });

/** IBackgroundCopyCallback: job-lifecycle.md 4. */
export const callbacks: Suite = async (t, { open, check }) => {
  for (const [path, event] of [
    ['/file', 'transferred'],
    ['/missing', 'error'],
  ] as const) {
    await check(t, `a callback that is there hears ${event}, once`, async () => {
      await using origin = await startOrigin();
      await using world = await open();
      origin.put('/file', { body });
      const { job } = await addJob(world, origin.url(path));
      const told: string[] = [];
      await job.setNotifyInterface(listener(told));
      await runToEnd(job);
      await heard(told, event);
      await quiet();
      assert.deepEqual(told, [event]);
    });

    await check(t, `a callback that comes after ${event} hears of it, once`, async () => {
      await using origin = await startOrigin();
      await using world = await open();
      origin.put('/file', { body });
      const { job } = await addJob(world, origin.url(path));
      await runToEnd(job);
      const told: string[] = [];
      await job.setNotifyInterface(listener(told));
      assert.deepEqual(told, [], 'never inside the call');
      await heard(told, event);
      await quiet();
      assert.deepEqual(told, [event]);
      await job.setNotifyInterface(listener(told));
      await quiet();
      assert.deepEqual(told, [event], 'what was taken is not told to the next callback');
    });

    await check(
      t,
      `${event} that nobody took is told after a restart, and then no more`,
      async () => {
        await using origin = await startOrigin();
        await using world = await open();
        origin.put('/file', { body });
        const { job } = await addJob(world, origin.url(path));
        await runToEnd(job);
        const id = await job.getId();
        const told: string[] = [];
        await (await (await world.reopen()).getJob(id)).setNotifyInterface(listener(told));
        await heard(told, event);
        await (await (await world.reopen()).getJob(id)).setNotifyInterface(listener(told));
        await quiet();
        assert.deepEqual(told, [event]);
      },
    );

    await check(t, `a flag for ${event} that is set after the event gives no replay`, async () => {
      await using origin = await startOrigin();
      await using world = await open();
      origin.put('/file', { body });
      const { job } = await addJob(world, origin.url(path));
      const told: string[] = [];
      await job.setNotifyFlags(0);
      await job.setNotifyInterface(listener(told));
      await runToEnd(job);
      await job.setNotifyFlags(BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR);
      await job.setNotifyInterface(listener(told));
      await quiet();
      assert.deepEqual(told, []);
    });

    await check(t, `BG_NOTIFY_DISABLE mutes ${event} and everything else`, async () => {
      await using origin = await startOrigin();
      await using world = await open();
      origin.put('/file', { body });
      const { job } = await addJob(world, origin.url(path));
      const told: string[] = [];
      await job.setNotifyFlags(ALL | BG_NOTIFY.DISABLE);
      assert.equal(await job.getNotifyFlags(), ALL | BG_NOTIFY.DISABLE);
      await job.setNotifyInterface(listener(told));
      await runToEnd(job);
      await quiet();
      assert.deepEqual(told, []);
    });

    await check(t, `${event} that was muted is told when the flag comes back`, async () => {
      await using origin = await startOrigin();
      await using world = await open();
      origin.put('/file', { body });
      const { job } = await addJob(world, origin.url(path));
      await runToEnd(job);
      await job.setNotifyFlags(3 | BG_NOTIFY.DISABLE);
      const told: string[] = [];
      await job.setNotifyInterface(listener(told));
      await quiet();
      assert.deepEqual(told, []);
      await job.setNotifyFlags(3);
      await heard(told, event);
      assert.deepEqual(told, [event]);
    });

    await check(t, `${event} that is refused is not told again at once`, async () => {
      await using origin = await startOrigin();
      await using world = await open();
      origin.put('/file', { body });
      const { job } = await addJob(world, origin.url(path));
      const told: string[] = [];
      const refuse = (): never => {
        told.push('refused');
        throw new Error('not now');
      };
      await job.setNotifyInterface(listener(told, { jobTransferred: refuse, jobError: refuse }));
      await runToEnd(job);
      await heard(told, 'refused');
      await quiet();
      assert.deepEqual(told, ['refused']);
      await job.setNotifyInterface(listener(told));
      await heard(told, event);
    });
  }

  await check(t, 'files are told one by one and before their job', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    for (const name of ['a', 'b', 'c']) {
      await job.addFile(origin.put(`/${name}`, { body }), world.target(name));
    }
    const told: string[] = [];
    await job.setNotifyFlags(BG_NOTIFY.FILE_TRANSFERRED | BG_NOTIFY.JOB_TRANSFERRED);
    await job.setNotifyInterface(
      listener(told, {
        fileTransferred: async (_job, file) => {
          told.push((await file.getLocalName()).slice(-1));
          await sleep(10);
        },
      }),
    );
    await job.resume();
    await heard(told, 'transferred');
    assert.deepEqual(told, ['a', 'b', 'c', 'transferred']);
  });

  await check(t, 'a modification is told of a property, a file and a state', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    await job.setNotifyFlags(BG_NOTIFY.JOB_MODIFICATION);
    const told: string[] = [];
    await job.setNotifyInterface(listener(told));
    for (const [count, change] of [
      [1, () => job.setPriority(0)],
      [2, () => job.addFile(origin.put('/a', { body }), world.target('a'))],
      [3, () => job.setNoProgressTimeout(100)],
      [4, () => job.cancel()],
    ] as const) {
      await change();
      await until(() => told.length >= count, { what: `modification ${count}` });
    }
    await quiet();
    assert.deepEqual(
      told,
      Array.from({ length: 4 }, () => 'modification'),
    );
  });

  await check(t, 'setting the mask is no modification', async () => {
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    await job.setNotifyFlags(ALL);
    const told: string[] = [];
    await job.setNotifyInterface(listener(told));
    await job.setNotifyFlags(BG_NOTIFY.JOB_MODIFICATION);
    await quiet();
    assert.deepEqual(told, []);
  });

  await check(t, 'bytes that arrive are modifications while they do', async () => {
    await using origin = await startOrigin({ limits: { totalBytesPerSecond: 200_000 } });
    await using world = await open();
    const url = origin.put('/slow', { body: { size: 2_000_000, seed: 1 } });
    const { job } = await addJob(world, url);
    const told: string[] = [];
    await job.setNotifyFlags(BG_NOTIFY.JOB_MODIFICATION);
    await job.setNotifyInterface(listener(told));
    await job.resume();
    await waitForState(job, BG_JOB_STATE.TRANSFERRING);
    await until(() => told.length >= 4, { what: 'four modifications', timeoutMs: 15_000 });
    assert.equal(await job.getState(), BG_JOB_STATE.TRANSFERRING);
    await job.cancel();
  });

  await check(t, 'transient errors are never told as errors', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const url = origin.put('/file', { body });
    let failures = 2;
    origin.always('/file', { kind: 'status', status: 503 }, () => failures-- > 0);
    const { job } = await addJob(world, url);
    const told: string[] = [];
    await job.setNotifyInterface(listener(told));
    await runToEnd(job);
    await heard(told, 'transferred');
    assert.deepEqual(told, ['transferred']);
  });

  await check(t, 'the error that is passed is the one GetError gives', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const { job, target } = await addJob(world, origin.url('/missing'));
    const seen = Promise.withResolvers<[IBackgroundCopyJob, IBackgroundCopyError]>();
    await job.setNotifyInterface(listener([], { jobError: (...told) => seen.resolve(told) }));
    await runToEnd(job);
    const [given, error] = await seen.promise;
    assert.equal(await given.getId(), await job.getId());
    assert.deepEqual(await error.getError(), await (await job.getError()).getError());
    assert.equal(await (await error.getFile()).getLocalName(), target);
    assert.match(await error.getErrorDescription(), /answered HTTP 404/);
    await job.cancel();
    assert.match(await error.getErrorDescription(), /404/, 'a snapshot outlives its job');
  });

  await check(t, 'a callback may complete its job, and is let go of afterwards', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const { job, target } = await addJob(world, origin.put('/file', { body }));
    const callback = listener([], {
      jobTransferred: async (told) => {
        await told.complete();
      },
    });
    await job.setNotifyInterface(callback);
    assert.equal(await job.getNotifyInterface(), callback);
    await runToEnd(job).catch(() => undefined);
    await until(async () => (await job.getState()) === BG_JOB_STATE.ACKNOWLEDGED, {
      what: 'completion',
    });
    await assertContent(target, body);
    await until(async () => (await job.getNotifyInterface()) === null, { what: 'release' });
  });

  await check(t, 'the last callback wins, and null clears it', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const { job } = await addJob(world, origin.put('/file', { body }));
    const first: string[] = [];
    const second: string[] = [];
    const last = listener(second);
    await job.setNotifyInterface(listener(first));
    await (await world.manager.getJob(await job.getId())).setNotifyInterface(last);
    assert.equal(await job.getNotifyInterface(), last);
    await runToEnd(job);
    await heard(second, 'transferred');
    assert.deepEqual(first, []);
    await job.setNotifyInterface(null);
    assert.equal(await job.getNotifyInterface(), null);
  });

  await check(t, 'no two calls of one job overlap', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    for (const name of ['a', 'b', 'c', 'd']) {
      await job.addFile(origin.put(`/${name}`, { body }), world.target(name));
    }
    let running = 0;
    let most = 0;
    const told: string[] = [];
    const slow = async (name: string): Promise<void> => {
      most = Math.max(most, (running += 1));
      await sleep(20);
      running -= 1;
      told.push(name);
    };
    await job.setNotifyFlags(ALL);
    await job.setNotifyInterface({
      jobTransferred: () => slow('transferred'),
      jobError: () => slow('error'),
      jobModification: () => slow('modification'),
      fileTransferred: () => slow('file'),
    });
    await job.resume();
    await heard(told, 'transferred');
    assert.equal(most, 1);
  });

  await check(
    t,
    'what is no callback is E_NOINTERFACE and leaves the one that is there',
    async () => {
      await using world = await open();
      const job = await world.manager.createJob('x', 0);
      const callback = listener([]);
      await job.setNotifyInterface(callback);
      for (const wrong of [undefined, 5, {}, { jobTransferred() {}, jobError() {} }]) {
        await assert.rejects(job.setNotifyInterface(wrong as never), { code: 'E_NOINTERFACE' });
      }
      assert.equal(await job.getNotifyInterface(), callback);
    },
  );
};
