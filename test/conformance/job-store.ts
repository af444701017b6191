import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { BG_JOB_STATE } from '../../src/core/constants.ts';
import type { TransferFailure } from '../../src/core/job/failure.ts';
import type { JobStore } from '../../src/ports/job-store.ts';
import { aFile, aJob, anEvent, anyFile, anyJob } from './job-store-values.ts';

/** A place for one store, which outlives each opening of it. */
export interface JobStoreHarness extends AsyncDisposable {
  /** Opens the store; the one before has been disposed of. `boot 1` unless told. */
  open(bootId?: string): JobStore;
}

const STATES = Object.values(BG_JOB_STATE);
const FINAL: readonly number[] = [BG_JOB_STATE.ACKNOWLEDGED, BG_JOB_STATE.CANCELLED];

const FAILURE: TransferFailure = {
  kind: 'transient',
  code: 'ERROR_WINHTTP_TIMEOUT',
  hresult: 0x8007_2ee2,
  message: 'The server did not answer.',
};

/** What every job store does, whatever it is made of. */
export function jobStoreConformance(name: string, prepare: () => Promise<JobStoreHarness>): void {
  /** Runs `body` on a new store. */
  async function withStore(body: (store: JobStore) => void): Promise<void> {
    await using harness = await prepare();
    using store = harness.open();
    body(store);
  }

  function unexpectedError(pattern: RegExp): (error: unknown) => boolean {
    return (error) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'E_UNEXPECTED');
      assert.match(error.message, pattern);
      return true;
    };
  }

  describe(`${name} as a job store`, () => {
    test('a new store is empty', () =>
      withStore((store) => {
        assert.deepEqual(store.list({ includeFinal: true }), []);
        assert.deepEqual(store.queued(true, 16), []);
        assert.deepEqual(store.unreadable(), []);
        assert.deepEqual(store.undiscarded(), []);
        assert.deepEqual(store.loadFiles('unknown'), []);
        assert.deepEqual(store.outboxOf('unknown'), []);
        assert.equal(store.loadJob('unknown'), undefined);
        assert.equal(store.loadCustomHeaders('unknown'), undefined);
        assert.equal(store.maxQueueOrder, 0);
      }));

    test('a job and its files come back as they were, at once and after a restart', async () => {
      await using harness = await prepare();
      const values = fc.tuple(anyJob('a'), anyFile('a', 0), anyFile('a', 1));
      await fc.assert(
        fc.asyncProperty(values, async ([job, ...files]) => {
          {
            using store = harness.open();
            store.commit({ job, files });
            assert.deepStrictEqual(store.loadJob('a'), job);
            assert.deepStrictEqual(store.loadFiles('a'), files);
          }
          using store = harness.open();
          assert.deepStrictEqual(store.loadJob('a'), job);
          assert.deepStrictEqual(store.loadFiles('a'), files);
          assert.deepStrictEqual(store.list({ includeFinal: true }), [job]);
          assert.deepEqual(store.unreadable(), []);
        }),
        { numRuns: 60 },
      );
    });

    test('what lives in memory only is not stored', () =>
      withStore((store) => {
        const trouble = {
          failure: FAILURE,
          lastTransient: FAILURE,
          reported: true,
          failures: 2,
          noProgressSinceMs: 5,
          blockedSinceMs: undefined,
          retryAtMs: 9,
        };
        const file = aFile('a');
        const pendingRemoteName = 'http://mirror.test/';
        store.commit({ job: aJob('a', { trouble }), files: [{ ...file, pendingRemoteName }] });
        assert.deepStrictEqual(store.loadJob('a'), aJob('a'));
        assert.deepStrictEqual(store.loadFiles('a'), [file]);
      }));

    test('a later change replaces the whole record, absent values included', () =>
      withStore((store) => {
        const full = aFile('a', 0, { localName: '/x', sizeBytes: 5, responseHeaders: 'HTTP/1.1' });
        store.commit({ job: aJob('a', { costFlags: 1, lastFailure: FAILURE }), files: [full] });
        store.commit({ job: aJob('a'), files: [aFile('a')] });
        assert.deepStrictEqual(store.loadJob('a'), aJob('a'));
        assert.deepStrictEqual(store.loadFiles('a'), [aFile('a')]);
      }));

    test('files come by index, whatever the order of adding', () =>
      withStore((store) => {
        store.commit({ job: aJob('a'), files: [10, 2, 0].map((index) => aFile('a', index)) });
        store.commit({ job: aJob('b'), files: [aFile('b', 1)] });
        store.commit({ files: [aFile('a', 1)] });
        assert.deepEqual(
          store.loadFiles('a').map(({ index }) => index),
          [0, 1, 2, 10],
        );
      }));

    test('a list is in order of creation, and has final jobs only when asked for', () =>
      withStore((store) => {
        const ids = STATES.map((state) => `job ${8 - state}`);
        for (const [index, id] of ids.entries()) {
          store.commit({ job: aJob(id, { createdAtMs: 99 - index }) });
        }
        for (const [index, id] of ids.entries()) {
          store.commit({ job: aJob(id, { state: STATES[index]! }) });
        }
        const listed = (includeFinal: boolean): string[] =>
          store.list({ includeFinal }).map(({ id }) => id);
        assert.deepEqual(listed(true), ids);
        assert.deepEqual(
          listed(false),
          ids.filter((_id, index) => !FINAL.includes(STATES[index]!)),
        );
      }));

    test('the queue is in queue order whatever the level, foreground jobs apart', () =>
      withStore((store) => {
        const { QUEUED, TRANSFERRING } = BG_JOB_STATE;
        store.commit({ job: aJob('late', { state: QUEUED, priority: 2, queueOrder: 9 }) });
        store.commit({ job: aJob('low', { state: QUEUED, priority: 3, queueOrder: 1 }) });
        store.commit({ job: aJob('first', { state: QUEUED, priority: 2, queueOrder: -4 }) });
        store.commit({ job: aJob('high', { state: QUEUED, priority: 1, queueOrder: 10 }) });
        store.commit({ job: aJob('running', { state: TRANSFERRING, priority: 1 }) });
        store.commit({ job: aJob('urgent 2', { state: QUEUED, priority: 0, queueOrder: 8 }) });
        store.commit({ job: aJob('urgent 1', { state: QUEUED, priority: 0, queueOrder: 7 }) });
        assert.deepEqual(store.queued(false, 16), ['first', 'low', 'late', 'high']);
        assert.deepEqual(store.queued(false, 2), ['first', 'low']);
        assert.deepEqual(store.queued(true, 16), ['urgent 1', 'urgent 2']);
        assert.deepEqual(store.queued(true, 1), ['urgent 1']);
        assert.deepEqual(store.queued(true, 0), []);
        store.commit({ job: aJob('urgent 1', { state: TRANSFERRING, priority: 0 }) });
        assert.deepEqual(store.queued(true, 1), ['urgent 2']);
      }));

    test('the largest queue order is kept, even when its job is gone', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        store.commit({ job: aJob('a', { queueOrder: 7, state: BG_JOB_STATE.CANCELLED }) });
        assert.equal(store.maxQueueOrder, 7);
        store.commit({ job: aJob('b', { queueOrder: 3 }) });
        assert.equal(store.maxQueueOrder, 7);
        store.setDiscarded('a', true);
        assert.equal(store.purgeFinal(2_000), 1);
      }
      using store = harness.open();
      assert.equal(store.maxQueueOrder, 7);
    });

    test('jobs that a crash interrupts are found by their state', () =>
      withStore((store) => {
        for (const state of STATES) store.commit({ job: aJob(`in state ${state}`, { state }) });
        const running = ['in state 1', 'in state 2', 'in state 5'];
        const states = [1, 2, 5] as const;
        const filter = { states, includeFinal: false, family: 'both', limit: 9 } as const;
        assert.deepEqual(store.pageOfIds(filter), running);
        assert.deepEqual(store.pageOfIds({ ...filter, states: [0, ...states] }), [
          'in state 0',
          ...running,
        ]);
      }));

    test('old jobs are those created before a time and not final', () =>
      withStore((store) => {
        store.commit({ job: aJob('young', { createdAtMs: 30 }) });
        store.commit({ job: aJob('older', { createdAtMs: 20 }) });
        store.commit({ job: aJob('oldest', { createdAtMs: 10 }) });
        store.commit({ job: aJob('done', { createdAtMs: 5, state: BG_JOB_STATE.ACKNOWLEDGED }) });
        assert.deepEqual(store.createdBefore(30), ['oldest', 'older']);
        assert.deepEqual(store.createdBefore(10), []);
      }));

    test('events wait in order until each is acknowledged', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        store.commit({ job: aJob('a'), outbox: [{ jobId: 'a', event: 'error' }] });
        store.commit({ job: aJob('b'), outbox: [{ jobId: 'b', event: 'transferred' }] });
        store.commit({ outbox: [{ jobId: 'a', event: 'transferred' }] });
      }
      using store = harness.open();
      const [first, second, ...others] = store.outboxOf('a');
      assert.deepEqual(others, []);
      assert.deepEqual([first?.event, second?.event], ['error', 'transferred']);
      assert.deepEqual([first?.jobId, second?.jobId], ['a', 'a']);
      assert.ok(first!.sequence < store.outboxOf('b')[0]!.sequence);
      assert.ok(store.outboxOf('b')[0]!.sequence < second!.sequence);

      store.acknowledge(first!.sequence);
      store.acknowledge(first!.sequence);
      assert.deepEqual(store.outboxOf('a'), [second]);
      assert.equal(store.outboxOf('b').length, 1);
      store.acknowledge(second!.sequence);
      store.commit({ outbox: [{ jobId: 'a', event: 'error' }] });
      assert.ok(
        store.outboxOf('a')[0]!.sequence > second!.sequence,
        'a number is never used again',
      );
    });

    test('clearing the outbox of a job leaves what the same change adds, and other jobs', () =>
      withStore((store) => {
        for (const jobId of ['a', 'b']) {
          store.commit({ job: aJob(jobId), outbox: [{ jobId, event: 'error' }] });
        }
        store.commit({ clearOutboxOf: 'a', outbox: [{ jobId: 'a', event: 'transferred' }] });
        assert.deepEqual(
          store.outboxOf('a').map(({ event }) => event),
          ['transferred'],
        );
        assert.equal(store.outboxOf('b').length, 1);
      }));

    test('a change that fails in its second part leaves nothing of the first', () =>
      withStore((store) => {
        const before = aJob('a', { queueOrder: 1 });
        const outbox = [{ jobId: 'a', event: 'error' }] as const;
        store.commit({ job: before, files: [aFile('a')], outbox });
        const after = aJob('a', { displayName: 'changed', queueOrder: 50 });
        const failing = [
          { job: after, files: [aFile('a', 1), aFile('unknown')], clearOutboxOf: 'a' },
          { job: after, files: [aFile('a', 1)], outbox: [...outbox, { ...outbox[0], jobId: '?' }] },
          { job: aJob('new'), files: [aFile('unknown')] },
        ];
        for (const change of failing) {
          assert.throws(() => store.commit(change), unexpectedError(/There is no job/));
          assert.deepEqual(store.list({ includeFinal: true }), [before]);
          assert.deepEqual(store.loadFiles('a'), [aFile('a')]);
          assert.equal(store.outboxOf('a').length, 1);
          assert.equal(store.maxQueueOrder, 1);
        }
        store.commit({ job: after });
        assert.deepEqual(store.loadJob('a'), after);
      }));

    test('what was stored can be waited for, together and one by one', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        await store.flushed();
        store.commit({ job: aJob('a') });
        const waiting = store.flushed();
        store.commit({ job: aJob('b'), flushed: true });
        await Promise.all([waiting, store.flushed(), store.flushed()]);
        store.together(() => {
          store.commit({ job: aJob('c') });
          store.commit({ job: aJob('d') });
        });
        await store.flushed();
      }
      using store = harness.open('boot 2');
      assert.equal(store.list({ includeFinal: true }).length, 4);
    });

    test('a flushed checkpoint renews progress and nothing else, and outlives a power cut', async () => {
      await using harness = await prepare();
      const representation = {
        sizeBytes: 100,
        lastModifiedStrong: false,
        acceptsRanges: 'bytes',
        url: 'u',
      } as const;
      const progress = {
        representation,
        sizeBytes: 100,
        flushed: [{ start: 0, end: 20 }],
        written: [{ start: 0, end: 30 }],
        statistics: { bytesFromHttp: 30, bytesFromCacheHost: 20, durationMs: 12.5 },
      };
      const files = { ...aJob('a').files, total: 1, bytesTotal: 100, bytesTransferred: 30 };
      {
        using store = harness.open();
        store.commit({ job: aJob('a'), files: [aFile('a'), aFile('a', 1)] });
        store.checkpoint({
          job: aJob('a', { displayName: 'not progress', modifiedAtMs: 2_000, files }),
          file: aFile('a', 0, { ...progress, fileId: 'not progress', done: true }),
          durability: 'flushed',
        });
        assert.deepStrictEqual(store.loadJob('a'), aJob('a', { modifiedAtMs: 2_000, files }));
        assert.deepStrictEqual(store.loadFiles('a'), [aFile('a', 0, progress), aFile('a', 1)]);
      }
      using store = harness.open('boot 2');
      assert.deepStrictEqual(store.loadFiles('a')[0], {
        ...aFile('a', 0, progress),
        written: progress.flushed,
      });
    });

    test('a written checkpoint is believed after a crash and forgotten with the boot', async () => {
      await using harness = await prepare();
      const flushed = [{ start: 0, end: 20 }];
      const written = [{ start: 0, end: 90 }];
      {
        using store = harness.open();
        store.commit({ job: aJob('a'), files: [aFile('a', 0, { flushed, written: flushed })] });
        // What it says of `flushed` is not taken over: only a flushed checkpoint may claim that.
        const file = aFile('a', 0, { flushed: written, written });
        store.checkpoint({ job: aJob('a'), file, durability: 'written' });
      }
      {
        using store = harness.open();
        assert.deepStrictEqual(store.loadFiles('a'), [aFile('a', 0, { flushed, written })]);
      }
      using store = harness.open('boot 2');
      assert.deepStrictEqual(store.loadFiles('a'), [aFile('a', 0, { flushed, written: flushed })]);
    });

    test('a checkpoint drops what is no longer known', () =>
      withStore((store) => {
        store.commit({ job: aJob('a'), files: [aFile('a', 0, { sizeBytes: 5 })] });
        store.checkpoint({ job: aJob('a'), file: aFile('a'), durability: 'flushed' });
        assert.deepStrictEqual(store.loadFiles('a'), [aFile('a')]);
      }));

    test('a checkpoint of an unknown job or file is refused and leaves nothing', () =>
      withStore((store) => {
        store.commit({ job: aJob('a'), files: [aFile('a')] });
        for (const durability of ['flushed', 'written'] as const) {
          const job = aJob('a', { modifiedAtMs: 9_000 });
          const unknownFile = { job, file: aFile('a', 7), durability };
          const unknownJob = { job, file: aFile('b'), durability };
          assert.throws(() => store.checkpoint(unknownFile), unexpectedError(/no file 7/));
          assert.throws(() => store.checkpoint(unknownJob), unexpectedError(/no job b/));
        }
        assert.deepEqual(store.list({ includeFinal: true }), [aJob('a')]);
        assert.deepEqual(store.loadFiles('a'), [aFile('a')]);
      }));

    test('a job that becomes final has files to discard until they are noted as gone', () =>
      withStore((store) => {
        const cancelled = aJob('a', { state: BG_JOB_STATE.CANCELLED });
        store.commit({ job: aJob('a') });
        store.commit({ job: aJob('live') });
        assert.deepEqual(store.undiscarded(), []);
        // Noted too early, it counts for nothing once the job is final.
        store.setDiscarded('a', true);
        store.commit({ job: cancelled });
        assert.deepEqual(store.undiscarded(), ['a']);
        store.setDiscarded('a', true);
        assert.deepEqual(store.undiscarded(), []);
        store.commit({ job: { ...cancelled, modifiedAtMs: 2_000 } });
        assert.deepEqual(store.undiscarded(), [], 'a later change of a final job keeps the note');
        store.setDiscarded('a', false);
        assert.deepEqual(store.undiscarded(), ['a']);
        store.setDiscarded('unknown', true);
      }));

    test('final jobs are forgotten when they are old and have left no file', () =>
      withStore((store) => {
        const { ACKNOWLEDGED, CANCELLED } = BG_JOB_STATE;
        const jobs = [
          aJob('old', { state: ACKNOWLEDGED, modifiedAtMs: 10 }),
          aJob('old with files', { state: CANCELLED, modifiedAtMs: 10 }),
          aJob('recent', { state: CANCELLED, modifiedAtMs: 20 }),
          aJob('live', { modifiedAtMs: 10 }),
        ];
        for (const job of jobs) {
          store.commit({
            job,
            files: [aFile(job.id)],
            outbox: [{ jobId: job.id, event: 'error' }],
          });
          store.saveCustomHeaders(job.id, 'X-Key: 1');
          store.setDiscarded(job.id, job.id !== 'old with files');
        }
        assert.equal(store.purgeFinal(20), 1);
        assert.deepEqual(store.list({ includeFinal: true }), jobs.slice(1));
        assert.deepEqual(store.loadFiles('old'), []);
        assert.deepEqual(store.outboxOf('old'), []);
        assert.equal(store.loadCustomHeaders('old'), undefined);
        assert.deepEqual(store.loadFiles('recent'), [aFile('recent')]);
        assert.equal(store.outboxOf('recent').length, 1);
        assert.equal(store.loadCustomHeaders('recent'), 'X-Key: 1');
        assert.equal(store.purgeFinal(20), 0);
      }));

    test('any number of jobs is forgotten in one call', () =>
      withStore((store) => {
        for (let index = 0; index < 1_100; index += 1) {
          store.commit({ job: aJob(`job ${index}`, { state: BG_JOB_STATE.CANCELLED }) });
          if (index < 1_050) store.setDiscarded(`job ${index}`, true);
        }
        assert.equal(store.purgeFinal(2_000), 1_050);
        assert.equal(store.list({ includeFinal: true }).length, 50);
      }));

    test('custom headers can come with the change that makes their job, or not at all', () =>
      withStore((store) => {
        const customHeaders = { jobId: 'a', headers: 'X: 1' };
        assert.throws(() => store.commit({ customHeaders }), unexpectedError(/no job a/));
        store.commit({ job: aJob('a'), customHeaders });
        assert.equal(store.loadCustomHeaders('a'), 'X: 1');
        const failing = { customHeaders: { ...customHeaders, headers: 'X: 2' } };
        assert.throws(() => store.commit({ ...failing, files: [aFile('unknown')] }));
        assert.equal(store.loadCustomHeaders('a'), 'X: 1');
        store.commit({ customHeaders: { jobId: 'a', headers: undefined } });
        assert.equal(store.loadCustomHeaders('a'), undefined);
      }));

    test('changes made together are stored together, but for one that fails by itself', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        store.commit({ job: aJob('a'), files: [aFile('a')] });
        store.together(() => {
          store.commit({ job: aJob('b', { queueOrder: 5 }), events: [anEvent('b')] });
          assert.throws(
            () =>
              store.commit({ job: aJob('c'), files: [aFile('unknown')], events: [anEvent('c')] }),
            unexpectedError(/no job unknown/),
          );
          for (const durability of ['written', 'flushed'] as const) {
            store.checkpoint({ job: aJob('a'), file: aFile('a', 0, { sizeBytes: 7 }), durability });
          }
          store.traffic.add(0, 'origin', { down: 1, up: 0 });
          store.commit({ job: aJob('d'), events: [anEvent('d')] });
          assert.deepEqual(store.loadJob('d'), aJob('d'));
        });
      }
      using store = harness.open();
      assert.deepEqual(
        store.list({ includeFinal: true }).map(({ id }) => id),
        ['a', 'b', 'd'],
      );
      assert.deepEqual(store.loadFiles('a'), [aFile('a', 0, { sizeBytes: 7 })]);
      assert.deepEqual(
        store.events.read(0, 9).map(({ jobId, sequence }) => [jobId, sequence]),
        [
          ['b', 1],
          ['d', 2],
        ],
      );
      assert.equal(store.maxQueueOrder, 5);
      assert.equal(store.traffic.read(1).length, 1);
    });

    test('work that throws leaves none of its changes, and counts none', () =>
      withStore((store) => {
        const work = (): void => {
          store.commit({ job: aJob('a', { queueOrder: 9 }), events: [anEvent('a')] });
          throw new Error('changed my mind');
        };
        assert.throws(() => store.together(work), /changed my mind/);
        assert.deepEqual(store.list({ includeFinal: true }), []);
        assert.deepEqual([store.maxQueueOrder, store.events.lastSequence], [0, 0]);
        store.commit({ job: aJob('b', { queueOrder: 2 }), events: [anEvent('b')] });
        assert.equal(store.maxQueueOrder, 2);
        assert.deepEqual(
          store.events.read(0, 9).map(({ sequence }) => sequence),
          [1],
        );
      }));

    test('custom headers are kept, replaced and removed', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        store.commit({ job: aJob('a') });
        store.commit({ job: aJob('b') });
        assert.equal(store.loadCustomHeaders('a'), undefined);
        store.saveCustomHeaders('a', 'X-Old: 1');
        store.saveCustomHeaders('a', 'X-Key: \u{1F511}\r\nX-Other: 2');
        store.saveCustomHeaders('b', '');
        store.commit({ job: aJob('a', { displayName: 'changed' }) });
      }
      using store = harness.open();
      assert.equal(store.loadCustomHeaders('a'), 'X-Key: \u{1F511}\r\nX-Other: 2');
      assert.equal(store.loadCustomHeaders('b'), '');
      store.saveCustomHeaders('a', undefined);
      assert.equal(store.loadCustomHeaders('a'), undefined);
      assert.throws(() => store.saveCustomHeaders('unknown', 'X: 1'), unexpectedError(/no job/));
    });

    test('a store that was disposed of refuses every call, and may be disposed of again', async () => {
      await using harness = await prepare();
      const store = harness.open();
      store[Symbol.dispose]();
      store[Symbol.dispose]();
      assert.throws(() => store.loadJob('a'), unexpectedError(/closed/));
      assert.throws(() => store.commit({ job: aJob('a') }), unexpectedError(/closed/));
    });
  });
}
