import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';

import {
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_NOTIFY,
  HRESULT,
  type IBackgroundCopyCallback,
  type IBackgroundCopyJob,
  type IBackgroundCopyManager,
} from '../../src/index.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import { systemDigester } from '../../src/io/system/system-digester.ts';
import type { HttpTransport } from '../../src/ports/http-transport.ts';
import {
  addJob,
  assertContent,
  openWorld,
  runToEnd,
  waitForState,
} from '../support/engine-world.ts';
import { idleWorkload } from '../support/idle-workload.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { ManualNetwork } from '../support/manual-network.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryPartialFiles } from '../support/memory-partial-files.ts';
import { startOrigin } from '../support/origin.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { until } from '../support/temporary.ts';

const { TRANSFERRED, ERROR } = BG_JOB_STATE;
const body = { size: 50_000, seed: 5 };
const ALL_FLAGS =
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
const quiet = (): Promise<void> => sleep(100);

// On a real manager.

for (const [path, event] of [
  ['/file', 'transferred'],
  ['/missing', 'error'],
] as const) {
  test(`a callback that is registered after the fact gets the ${event} it missed, once`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    origin.put('/file', { body });
    const { job } = await addJob(world, origin.url(path));
    await runToEnd(job);
    const told: string[] = [];
    await job.setNotifyInterface(listener(told));
    assert.deepEqual(told, [], 'never inside the call');
    await until(() => told.length > 0, { what: 'the event' });
    await quiet();
    assert.deepEqual(told, [event]);
    await job.setNotifyInterface(listener(told));
    await quiet();
    assert.deepEqual(told, [event], 'what was taken is not told to the next callback');
  });

  test(`a ${event} that nobody took is told to the next process`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    origin.put('/file', { body });
    const { job } = await addJob(world, origin.url(path));
    await runToEnd(job);
    const again = await (await world.reopen()).getJob(await job.getId());
    const codes: number[] = [];
    const told: string[] = [];
    await again.setNotifyInterface(
      listener(told, {
        jobError: async (_job, error) => {
          codes.push((await error.getError()).code);
          told.push('error');
        },
      }),
    );
    await until(() => told.length > 0, { what: 'the event' });
    assert.deepEqual(told, [event]);
    if (event === 'error') assert.deepEqual(codes, [0x8019_0194]);
    const third = await (await world.reopen()).getJob(await job.getId());
    await third.setNotifyInterface(listener(told));
    await quiet();
    assert.deepEqual(told, [event]);
  });

  test(`a flag for ${event} that is set after the event gives no replay`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
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

  test(`BG_NOTIFY_DISABLE mutes ${event} and everything else`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    origin.put('/file', { body });
    const { job } = await addJob(world, origin.url(path));
    const told: string[] = [];
    await job.setNotifyFlags(ALL_FLAGS | BG_NOTIFY.DISABLE);
    assert.equal(await job.getNotifyFlags(), ALL_FLAGS | BG_NOTIFY.DISABLE);
    await job.setNotifyInterface(listener(told));
    await runToEnd(job);
    await quiet();
    assert.deepEqual(told, []);
  });
}

test('the error that is passed is the one GetError gives', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const { job, target } = await addJob(world, origin.url('/missing'));
  const seen: unknown[] = [];
  await job.setNotifyInterface(
    listener([], {
      jobError: async (told, error) => {
        seen.push(await error.getError(), await (await told.getError()).getError());
        seen.push(await (await error.getFile()).getLocalName());
      },
    }),
  );
  await runToEnd(job);
  await until(() => seen.length === 3, { what: 'the error' });
  assert.deepEqual(seen, [
    { context: 0, code: 0x8019_0194 },
    { context: 0, code: 0x8019_0194 },
    target,
  ]);
});

test('transient errors never reach jobError', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file', { body });
  origin.script('/file', [
    { kind: 'status', status: 503 },
    { kind: 'status', status: 500 },
    { kind: 'close-mid-body', afterBytes: 10_000 },
  ]);
  const { job } = await addJob(world, url);
  const told: string[] = [];
  await job.setNotifyInterface(listener(told));
  await runToEnd(job);
  await until(() => told.length > 0, { what: 'the end' });
  assert.deepEqual(told, ['transferred']);
});

test('calls for one job never overlap, and files come before the end of the job', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await world.manager.createJob('serial', BG_JOB_TYPE.DOWNLOAD);
  for (const index of [0, 1, 2, 3]) {
    await job.addFile(origin.put(`/${index}`, { body }), world.target(`${index}`));
  }
  let inside = 0;
  let overlaps = 0;
  const told: string[] = [];
  const slowly = (name: string) => async (): Promise<void> => {
    inside += 1;
    if (inside > 1) overlaps += 1;
    await sleep(15);
    told.push(name);
    inside -= 1;
  };
  await job.setNotifyFlags(ALL_FLAGS);
  await job.setNotifyInterface({
    jobTransferred: slowly('transferred'),
    jobError: slowly('error'),
    jobModification: slowly('modification'),
    fileTransferred: slowly('file'),
  });
  await runToEnd(job);
  await until(() => told.includes('transferred'), { what: 'the end' });
  assert.equal(overlaps, 0);
  const finals = told.filter((name) => name !== 'modification');
  assert.deepEqual(finals, ['file', 'file', 'file', 'file', 'transferred']);
});

test('at most four callbacks run at once, over all jobs', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ backgroundSlots: 10 });
  const url = origin.put('/file', { body });
  let inside = 0;
  let most = 0;
  let done = 0;
  const jobs = await Promise.all(
    Array.from({ length: 10 }, (_, index) => addJob(world, url, `${index}`)),
  );
  for (const { job } of jobs) {
    await job.setNotifyInterface(
      listener([], {
        jobTransferred: async () => {
          inside += 1;
          most = Math.max(most, inside);
          // The first stay until there are four, and long enough for a fifth to be seen.
          await until(() => most >= 4, { what: 'four callbacks at once' });
          await sleep(60);
          inside -= 1;
          done += 1;
        },
      }),
    );
    await job.resume();
  }
  await until(() => done === 10, { what: 'ten notifications', timeoutMs: 15_000 });
  assert.equal(most, 4);
});

test('complete from inside jobTransferred ends the job, and the callback is let go', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const { job, target } = await addJob(world, origin.put('/file', { body }));
  const told: string[] = [];
  await job.setNotifyFlags(ALL_FLAGS);
  await job.setNotifyInterface(
    listener(told, {
      jobTransferred: async (inner) => {
        told.push('transferred');
        told.push(`complete ${await inner.complete()}`);
      },
    }),
  );
  await job.resume();
  await waitForState(job, BG_JOB_STATE.ACKNOWLEDGED);
  await assertContent(target, body);
  await until(async () => (await job.getNotifyInterface()) === null, { what: 'the release' });
  assert.equal(told.filter((name) => name === 'transferred').length, 1);
  assert.equal(told.at(-1), 'modification', 'one last modification');
});

test('cancel and suspend from inside callbacks work', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const failing = await addJob(world, origin.url('/missing'), 'failing');
  await failing.job.setNotifyInterface(listener([], { jobError: (inner) => inner.cancel() }));
  await failing.job.resume();
  await until(async () => (await failing.job.getState()) === BG_JOB_STATE.CANCELLED, {
    what: 'the end of the job',
  });

  const url = origin.put('/file', { body });
  origin.always('/file', { kind: 'stall', afterBytes: 20_000 });
  const stalled = await addJob(world, url, 'stalled');
  await stalled.job.setNotifyFlags(BG_NOTIFY.JOB_MODIFICATION);
  await stalled.job.setNotifyInterface(
    listener([], {
      jobModification: async (inner) => {
        if ((await inner.getProgress()).bytesTransferred > 0) await inner.suspend();
      },
    }),
  );
  await stalled.job.resume();
  await waitForState(stalled.job, BG_JOB_STATE.SUSPENDED);
});

test('a file that is done may be told by a callback that adds another', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file', { body });
  const { job } = await addJob(world, url);
  let added = false;
  await job.setNotifyFlags(BG_NOTIFY.FILE_TRANSFERRED);
  await job.setNotifyInterface(
    listener([], {
      fileTransferred: async (inner) => {
        if (added) return;
        added = true;
        await inner.addFile(url, world.target('second'));
        await inner.resume();
      },
    }),
  );
  await job.resume();
  await until(async () => (await job.getProgress()).filesTransferred === 2, { what: 'both files' });
});

test('a null callback clears, and the last one registered wins', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file', { body });
  const { job } = await addJob(world, url);
  const first: string[] = [];
  const second: string[] = [];
  const winner = listener(second);
  await job.setNotifyInterface(listener(first));
  await job.setNotifyInterface(winner);
  assert.equal(await job.getNotifyInterface(), winner);
  await runToEnd(job);
  await until(() => second.length > 0, { what: 'the end' });
  assert.deepEqual([first, second], [[], ['transferred']]);
  await job.setNotifyInterface(null);
  assert.equal(await job.getNotifyInterface(), null);
});

// On a clock that moves when told.

interface SlowWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly manager: IBackgroundCopyManager;
  /** A job that has just come to its end. */
  jobAtEnd(
    event: 'transferred' | 'error',
    callback: IBackgroundCopyCallback,
  ): Promise<IBackgroundCopyJob>;
}

function openSlowWorld(): SlowWorld {
  const clock = new ManualClock(1_700_000_000_000);
  const transport: HttpTransport = {
    send: async ({ url }) => ({
      status: url.endsWith('/file') ? 200 : 404,
      statusText: '',
      headers: [['Content-Length', '3']],
      body: (async function* () {
        yield Uint8Array.of(1, 2, 3);
      })(),
      discard() {},
      release() {},
    }),
    async [Symbol.asyncDispose]() {},
  };
  const manager = startEngine(
    {
      clock,
      transport,
      randomness: seededRandomness(1),
      digester: systemDigester,
      workload: idleWorkload,
      partials: new MemoryPartialFiles(),
      store: new MemoryJobStore(),
      network: new ManualNetwork(),
    },
    {
      transfer: {
        pieceSizeBytes: 1_048_576,
        minSplitBytes: 4_194_304,
        connectionsPerFile: 1,
        userAgent: 'test',
      },
      slots: { foregroundSlots: 1, backgroundSlots: 1, timeSliceMs: 300_000 },
      retry: {
        delaysMs: [1_000],
        maxForegroundDelayMs: 1_000,
        maxBackgroundDelayMs: 1_000,
        jitter: 0,
      },
      connectionsPerOrigin: 1,
      maxBytesPerSecond: undefined,
      owner: 'test',
      startInterrupted: true,
      onWarning: (message) => assert.fail(message),
    },
    async () => {},
  );
  return {
    clock,
    manager,
    async jobAtEnd(event, callback) {
      const job = await manager.createJob('slow', BG_JOB_TYPE.DOWNLOAD);
      await job.addFile(`http://127.0.0.1/${event === 'error' ? 'missing' : 'file'}`, '/data/out');
      await job.setNotifyInterface(callback);
      await job.resume();
      const wanted = event === 'error' ? ERROR : TRANSFERRED;
      for (let round = 0; round < 500 && (await job.getState()) !== wanted; round += 1)
        await settle();
      assert.equal(await job.getState(), wanted);
      return job;
    },
    [Symbol.asyncDispose]: () => manager[Symbol.asyncDispose](),
  };
}

const MINUTE_MS = 60_000;
/** Minutes after the event at which it is told, for a callback that never takes it. */
const REPEATS = [0, 1, 3, 7, 15, 25, 35];

for (const event of ['transferred', 'error'] as const) {
  for (const [how, refuse] of [
    [
      'throws',
      (): unknown => {
        throw new Error('not now');
      },
    ],
    ['rejects', (): unknown => Promise.reject(new Error('not now'))],
    ['returns a failed HRESULT', (): unknown => HRESULT.E_FAIL],
    ['resolves to a failed HRESULT', async (): Promise<unknown> => HRESULT.E_FAIL],
  ] as const) {
    test(`${event} is repeated after 1, 2, 4, 8 and then every 10 minutes while the callback ${how}`, async () => {
      await using world = openSlowWorld();
      const { clock } = world;
      const toldAt: number[] = [];
      const startMs = clock.nowMs();
      const refusing = (): unknown => {
        toldAt.push((clock.nowMs() - startMs) / MINUTE_MS);
        return refuse();
      };
      await world.jobAtEnd(event, listener([], { jobTransferred: refusing, jobError: refusing }));
      await clock.advance(36 * MINUTE_MS);
      assert.deepEqual(toldAt, REPEATS);
    });
  }

  test(`a callback that is silent for 60 s has not taken the ${event}`, async () => {
    await using world = openSlowWorld();
    const { clock } = world;
    const toldAt: number[] = [];
    const never = new Promise<never>(() => {});
    const silent = (): unknown => {
      toldAt.push(clock.nowMs() / MINUTE_MS);
      return toldAt.length < 3 ? never : undefined;
    };
    await world.jobAtEnd(event, listener([], { jobTransferred: silent, jobError: silent }));
    await clock.advance(60 * MINUTE_MS);
    // 60 s of silence and 1 minute of wait, then 60 s and 2 minutes.
    assert.deepEqual(toldAt, [0, 2, 5]);
  });

  test(`${event} is repeated no more once it is taken`, async () => {
    await using world = openSlowWorld();
    let calls = 0;
    const third = (): unknown => (++calls < 3 ? Promise.reject(new Error('no')) : HRESULT.S_OK);
    await world.jobAtEnd(event, listener([], { jobTransferred: third, jobError: third }));
    await world.clock.advance(24 * 60 * MINUTE_MS);
    assert.equal(calls, 3);
  });

  test(`${event} is repeated no more once the job has left its state`, async () => {
    await using world = openSlowWorld();
    let calls = 0;
    const never = (): unknown => {
      calls += 1;
      return Promise.reject(new Error('no'));
    };
    const job = await world.jobAtEnd(
      event,
      listener([], { jobTransferred: never, jobError: never }),
    );
    await world.clock.advance(2 * MINUTE_MS);
    assert.equal(calls, 2);
    await job.cancel();
    await world.clock.advance(24 * 60 * MINUTE_MS);
    assert.equal(calls, 2);
  });

  test(`a callback that is registered in place of one that refuses hears of ${event} at once`, async () => {
    await using world = openSlowWorld();
    const never = (): unknown => Promise.reject(new Error('no'));
    const job = await world.jobAtEnd(
      event,
      listener([], { jobTransferred: never, jobError: never }),
    );
    await world.clock.advance(5 * MINUTE_MS);
    const told: string[] = [];
    await job.setNotifyInterface(listener(told));
    await world.clock.advance(0);
    assert.deepEqual(told, [event]);
  });
}

test('the repeats of an error begin anew after it happened again', async () => {
  await using world = openSlowWorld();
  const { clock } = world;
  const toldAt: number[] = [];
  const never = (): unknown => {
    toldAt.push(clock.nowMs() / MINUTE_MS);
    return Promise.reject(new Error('no'));
  };
  const job = await world.jobAtEnd('error', listener([], { jobError: never }));
  await clock.advance(4 * MINUTE_MS);
  assert.deepEqual(toldAt, [0, 1, 3]);
  await job.resume();
  for (let round = 0; round < 100; round += 1) await settle();
  assert.equal(await job.getState(), ERROR);
  await clock.advance(2 * MINUTE_MS);
  assert.deepEqual(toldAt, [0, 1, 3, 4, 5]);
});

test('what a callback for a modification or a file answers is ignored', async () => {
  await using world = openSlowWorld();
  const { clock } = world;
  const told: string[] = [];
  const refuse = (name: string) => (): unknown => {
    told.push(name);
    throw new Error('no');
  };
  const job = await world.manager.createJob('slow', BG_JOB_TYPE.DOWNLOAD);
  await job.addFile('http://127.0.0.1/file', '/data/out');
  await job.setNotifyFlags(ALL_FLAGS);
  await job.setNotifyInterface(
    listener(told, { fileTransferred: refuse('file'), jobModification: refuse('modification') }),
  );
  await job.resume();
  for (let round = 0; round < 100; round += 1) await settle();
  await clock.advance(10 * MINUTE_MS);
  assert.equal(told.filter((name) => name === 'file').length, 1);
  assert.equal(told.filter((name) => name === 'transferred').length, 1);
  const count = told.length;
  await clock.advance(24 * 60 * MINUTE_MS);
  assert.equal(told.length, count);
});
