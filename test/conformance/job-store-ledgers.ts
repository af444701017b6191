import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { BG_JOB_STATE } from '../../src/core/constants.ts';
import { TRAFFIC_SOURCES } from '../../src/core/facts/traffic.ts';
import type { JobStore } from '../../src/ports/job-store.ts';
import type { JobStoreHarness } from './job-store.ts';
import { aFile, aJob, anEvent, anyEvent } from './job-store-values.ts';

const { CANCELLED } = BG_JOB_STATE;

/** All of a log is kept, whatever its age. */
const KEEP_ALL = { beforeMs: 0, keep: 1_000_000 };

/** What every job store keeps beside its jobs, whatever it is made of. */
export function ledgerConformance(name: string, prepare: () => Promise<JobStoreHarness>): void {
  async function withStore(body: (store: JobStore) => void): Promise<void> {
    await using harness = await prepare();
    using store = harness.open();
    body(store);
  }

  function append(store: JobStore, count: number): void {
    for (let index = 0; index < count; index += 1) {
      store.commit({ events: [anEvent('a', { atMs: 1_000 + index })] });
    }
  }

  function sequences(store: JobStore, after = 0): number[] {
    return store.events.read(after, 10_000).map(({ sequence }) => sequence);
  }

  describe(`${name} as an event log`, () => {
    test('a new log is empty', () =>
      withStore(({ events }) => {
        assert.deepEqual([events.lastSequence, events.trimmedSequence], [0, 0]);
        assert.deepEqual(events.read(0, 100), []);
        assert.equal(events.trim({ beforeMs: 9_999, keep: 0 }), 0);
        assert.equal(events.trimmedSequence, 0);
      }));

    test('events come back as they were, at once and after a restart', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 6 }), async (events) => {
          await using harness = await prepare();
          const records = events.map((event, index) => ({ ...event, sequence: index + 1 }));
          {
            using store = harness.open();
            store.commit({ events });
            assert.deepStrictEqual(store.events.read(0, 100), records);
          }
          using store = harness.open();
          assert.deepStrictEqual(store.events.read(0, 100), records);
          assert.equal(store.events.lastSequence, records.length);
        }),
        { numRuns: 40 },
      );
    });

    test('a log is read from a place on, up to a limit', () =>
      withStore((store) => {
        append(store, 5);
        const read = (after: number, limit: number): number[] =>
          store.events.read(after, limit).map(({ sequence }) => sequence);
        assert.deepEqual(read(0, 2), [1, 2]);
        assert.deepEqual(read(2, 2), [3, 4]);
        assert.deepEqual(read(4, 2), [5]);
        assert.deepEqual(read(5, 2), []);
        assert.deepEqual(read(99, 2), []);
        assert.deepEqual(read(0, 0), []);
      }));

    test('events of a job and of an owner are found among the others', () =>
      withStore((store) => {
        const jobs = [
          ['a', 'ada'],
          ['b', 'bob'],
          ['c', 'ada'],
          ['a', 'ada'],
          ['a', 'bob'],
        ] as const;
        store.commit({ events: jobs.map(([jobId, owner]) => anEvent(jobId, { owner })) });
        const read = (filter: { jobId?: string; owner?: string }, after = 0): number[] =>
          store.events.read(after, 100, filter).map(({ sequence }) => sequence);
        assert.deepEqual(read({ owner: 'ada' }), [1, 3, 4]);
        assert.deepEqual(read({ owner: 'ada' }, 1), [3, 4]);
        assert.deepEqual(read({ jobId: 'a' }), [1, 4, 5]);
        assert.deepEqual(read({ jobId: 'a' }, 4), [5]);
        assert.deepEqual(read({ jobId: 'a', owner: 'bob' }), [5]);
        assert.deepEqual(read({ jobId: 'b', owner: 'ada' }), []);
        assert.deepEqual(read({}), [1, 2, 3, 4, 5]);
        assert.deepEqual(
          store.events.read(0, 1, { owner: 'bob' }).map(({ jobId }) => jobId),
          ['b'],
        );
      }));

    test('a change that fails leaves no event and uses no number up', () =>
      withStore((store) => {
        append(store, 1);
        const change = { events: [anEvent('a'), anEvent('a')], files: [aFile('unknown')] };
        assert.throws(() => store.commit(change), /There is no job/);
        assert.equal(store.events.lastSequence, 1);
        append(store, 1);
        assert.deepEqual(sequences(store), [1, 2]);
      }));

    test('numbers go on after a restart, also when every event was trimmed', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        append(store, 3);
        assert.equal(store.events.trim({ beforeMs: 9_999, keep: 0 }), 3);
      }
      {
        using store = harness.open();
        assert.deepEqual([store.events.lastSequence, store.events.trimmedSequence], [3, 3]);
        assert.deepEqual(sequences(store), []);
        append(store, 1);
        assert.deepEqual(sequences(store), [4]);
      }
      using store = harness.open();
      assert.deepEqual([store.events.lastSequence, store.events.trimmedSequence], [4, 3]);
    });

    test('after a power cut no number is given that may have been told of', async () => {
      await using harness = await prepare();
      const lastOf = (bootId: string, appended: number): number => {
        using store = harness.open(bootId);
        const { lastSequence } = store.events;
        append(store, appended);
        return lastSequence;
      };
      assert.equal(lastOf('boot 1', 0), 0);
      // Events that are nowhere any more may have been the first ones ever.
      const second = lastOf('boot 2', 3);
      assert.ok(second >= 100_000, `${second}`);
      assert.equal(lastOf('boot 2', 0), second + 3);
      const third = lastOf('boot 3', 2);
      assert.ok(third >= second + 100_000, `${third}`);
      using store = harness.open('boot 3');
      assert.deepEqual(
        sequences(store),
        [1, 2, 3].map((more) => second + more).concat([1, 2].map((more) => third + more)),
      );
      // Numbers that were skipped are no events that are kept.
      assert.equal(store.events.trim({ beforeMs: 0, keep: 4 }), 1);
      assert.equal(sequences(store).length, 4);
    });

    test('a final event gets no number again after a power cut either', async () => {
      await using harness = await prepare();
      const lastOf = (bootId: string): number => {
        using store = harness.open(bootId);
        store.commit({ job: aJob('a'), outbox: [{ jobId: 'a', event: 'error' }] });
        return store.outboxOf('a').at(-1)!.sequence;
      };
      assert.equal(lastOf('boot 1'), 1);
      assert.ok(lastOf('boot 2') >= 100_000);
    });

    test('old events are trimmed, and all but the newest', () =>
      withStore((store) => {
        append(store, 10);
        assert.equal(store.events.trim(KEEP_ALL), 0);
        assert.equal(store.events.trim({ ...KEEP_ALL, beforeMs: 1_002 }), 2);
        assert.deepEqual(sequences(store)[0], 3);
        assert.equal(store.events.trimmedSequence, 2);
        assert.equal(store.events.trim({ ...KEEP_ALL, keep: 5 }), 3);
        assert.deepEqual(sequences(store), [6, 7, 8, 9, 10]);
        assert.equal(store.events.trim({ ...KEEP_ALL, keep: 5 }), 0);
        assert.deepEqual([store.events.trimmedSequence, store.events.lastSequence], [5, 10]);
      }));

    test('no event after the protected one is trimmed', () =>
      withStore((store) => {
        append(store, 10);
        const all = { beforeMs: 9_999, keep: 0 };
        assert.equal(store.events.trim({ ...all, protectedSequence: 0 }), 0);
        assert.equal(store.events.trim({ ...all, protectedSequence: 4 }), 4);
        assert.deepEqual(sequences(store), [5, 6, 7, 8, 9, 10]);
        assert.equal(store.events.trim({ ...all, protectedSequence: 99 }), 6);
        assert.equal(store.events.trimmedSequence, 10);
      }));

    test('a log is not trimmed to a boundary that is no number', () =>
      withStore((store) => {
        append(store, 2);
        for (const bad of [
          { keep: Number.NaN },
          { beforeMs: 0.5 },
          { protectedSequence: Infinity },
        ]) {
          assert.throws(() => store.events.trim({ ...KEEP_ALL, keep: 0, ...bad }), {
            code: 'E_INVALIDARG',
          });
        }
        assert.deepEqual(sequences(store), [1, 2]);
      }));

    test('an event that is not old keeps those behind it, whatever their clock said', () =>
      withStore((store) => {
        for (const atMs of [10, 500, 20]) store.commit({ events: [anEvent('a', { atMs })] });
        assert.equal(store.events.trim({ ...KEEP_ALL, beforeMs: 100 }), 1);
        assert.deepEqual(sequences(store), [2, 3]);
      }));

    test('any number of events is trimmed in one call', () =>
      withStore((store) => {
        store.commit({ events: Array.from({ length: 2_500 }, () => anEvent('a')) });
        assert.equal(store.events.trim({ ...KEEP_ALL, keep: 100 }), 2_400);
        assert.equal(store.events.trimmedSequence, 2_400);
        assert.equal(sequences(store)[0], 2_401);
      }));

    test('events outlive their job', () =>
      withStore((store) => {
        store.commit({ job: aJob('a', { state: CANCELLED }), events: [anEvent('a')] });
        store.deleteFinal('a');
        assert.equal(store.events.read(0, 9, { jobId: 'a' }).length, 1);
      }));
  });

  describe(`${name} as a note store`, () => {
    test('notes are kept, replaced and removed, and outlive a restart', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        assert.equal(store.notes.get('a'), undefined);
        store.notes.set('a', '1');
        store.notes.set('a', '{"text":"\u{1F69A}"}');
        store.notes.set('b', 'null');
        store.notes.delete('b');
        store.notes.delete('unknown');
      }
      using store = harness.open();
      assert.equal(store.notes.get('a'), '{"text":"\u{1F69A}"}');
      assert.equal(store.notes.get('b'), undefined);
    });

    test('notes are listed in order by the beginning of their names, taken literally', () =>
      withStore(({ notes }) => {
        const names = [
          'a/2',
          'a/1',
          'A/1',
          'b',
          'a/\u{1F69A}',
          'a/\uff61',
          'a%',
          'a_b',
          '\u{1F69A}x',
        ];
        names.forEach((name, index) => notes.set(name, String(index)));
        const list = (prefix: string): string[] => notes.list(prefix).map(({ name }) => name);
        assert.deepEqual(list('a/'), ['a/1', 'a/2', 'a/\uff61', 'a/\u{1F69A}']);
        assert.deepEqual(list('a%'), ['a%']);
        assert.deepEqual(list('a_'), ['a_b']);
        assert.deepEqual(list('\u{1F69A}'), ['\u{1F69A}x']);
        assert.equal(list('').length, names.length);
        assert.deepEqual(notes.list('b'), [{ name: 'b', value: '3' }]);
      }));

    test('a note that cannot be kept as it is is refused', () =>
      withStore(({ notes }) => {
        const refused = { code: 'E_INVALIDARG' };
        const longest = JSON.stringify('x'.repeat(65_534));
        notes.set('n'.repeat(256), longest);
        assert.equal(notes.get('n'.repeat(256)), longest);
        for (const name of ['', 'n'.repeat(257), 'a\0b', 'a\nb', '\ud800']) {
          assert.throws(() => notes.set(name, '1'), refused);
        }
        for (const value of ['', 'text', '{', JSON.stringify('x'.repeat(65_535))]) {
          assert.throws(() => notes.set('a', value), refused);
        }
        assert.equal(notes.get('a'), undefined);
      }));
  });

  describe(`${name} as a request ledger`, () => {
    const request = { owner: 'ada', key: 'k', fingerprint: 'f', jobId: 'a', atMs: 10 };

    test('an answered request is found again by its owner, also after a restart', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        assert.equal(store.requests.find('ada', 'k'), undefined);
        store.commit({ job: aJob('a'), answers: request });
        assert.deepEqual(store.requests.find('ada', 'k'), { fingerprint: 'f', jobId: 'a' });
      }
      using store = harness.open();
      assert.deepEqual(store.requests.find('ada', 'k'), { fingerprint: 'f', jobId: 'a' });
      assert.equal(store.requests.find('bob', 'k'), undefined);
      assert.equal(store.requests.find('ada', 'K'), undefined);
    });

    test('a newer request takes the place of an older one of its key', () =>
      withStore((store) => {
        store.commit({ answers: request });
        store.commit({ answers: { ...request, fingerprint: 'g', jobId: 'b', atMs: 20 } });
        assert.deepEqual(store.requests.find('ada', 'k'), { fingerprint: 'g', jobId: 'b' });
        assert.equal(store.requests.trim(20), 0);
        assert.equal(store.requests.trim(21), 1);
        assert.equal(store.requests.find('ada', 'k'), undefined);
      }));

    test('a change that fails leaves no answered request', () =>
      withStore((store) => {
        const change = { answers: request, files: [aFile('unknown')] };
        assert.throws(() => store.commit(change), /There is no job/);
        assert.equal(store.requests.find('ada', 'k'), undefined);
      }));

    test('any number of old requests is forgotten in one call', () =>
      withStore((store) => {
        for (let index = 0; index < 1_100; index += 1) {
          store.commit({ answers: { ...request, key: `k${index}`, atMs: index } });
        }
        assert.equal(store.requests.trim(1_050), 1_050);
        assert.equal(store.requests.find('ada', 'k1049'), undefined);
        assert.deepEqual(store.requests.find('ada', 'k1050'), { fingerprint: 'f', jobId: 'a' });
        assert.equal(store.requests.trim(1_050), 0);
      }));
  });

  describe(`${name} as a traffic ledger`, () => {
    const NOVEMBER = Date.UTC(2026, 10, 30, 23, 59, 59, 999);
    const DECEMBER = Date.UTC(2026, 11, 1);

    test('bytes add up by source and month of UTC, newest month first, and outlive a restart', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        store.traffic.add(DECEMBER, 'origin', { down: 1, up: 0 });
        store.traffic.add(NOVEMBER, 'origin', { down: 10, up: 0 });
        store.traffic.add(NOVEMBER, 'peer.lan', { down: 5, up: 7 });
        store.traffic.add(NOVEMBER, 'origin', { down: 30, up: 0 });
        store.traffic.add(DECEMBER, 'mirror', { down: 0, up: 0 });
      }
      using store = harness.open();
      const december = [{ month: '2026-12', source: 'origin', bytesDown: 1, bytesUp: 0 }];
      const november = [
        { month: '2026-11', source: 'origin', bytesDown: 40, bytesUp: 0 },
        { month: '2026-11', source: 'peer.lan', bytesDown: 5, bytesUp: 7 },
      ];
      assert.deepEqual(store.traffic.read(1), december);
      assert.deepEqual(store.traffic.read(2), [...december, ...november]);
      assert.deepEqual(store.traffic.read(99), [...december, ...november]);
      assert.deepEqual(store.traffic.read(0), []);
    });

    test('every source has a count of its own', () =>
      withStore(({ traffic }) => {
        TRAFFIC_SOURCES.forEach((source, index) => {
          traffic.add(NOVEMBER, source, { down: index + 1, up: 0 });
        });
        const counts = traffic.read(1).map(({ source, bytesDown }) => [source, bytesDown] as const);
        assert.deepEqual(
          new Map(counts),
          new Map(TRAFFIC_SOURCES.map((source, index) => [source, index + 1] as const)),
        );
      }));

    test('amounts and times that are none are refused', () =>
      withStore(({ traffic }) => {
        const refused = { code: 'E_INVALIDARG' };
        for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
          assert.throws(() => traffic.add(0, 'origin', { down: amount, up: 0 }), refused);
          assert.throws(() => traffic.add(0, 'origin', { down: 0, up: amount }), refused);
        }
        for (const wallMs of [-1, Number.NaN, Date.UTC(10_000, 0)]) {
          assert.throws(() => traffic.add(wallMs, 'origin', { down: 1, up: 0 }), refused);
        }
        assert.throws(() => traffic.add(0, 'moon' as 'origin', { down: 1, up: 0 }), refused);
        assert.deepEqual(traffic.read(9), []);
      }));

    test('a sum that no number holds stays at the largest that one does', () =>
      withStore(({ traffic }) => {
        const most = Number.MAX_SAFE_INTEGER;
        traffic.add(0, 'wasted', { down: most, up: 1 });
        traffic.add(0, 'wasted', { down: most, up: 1 });
        assert.deepEqual(traffic.read(1), [
          { month: '1970-01', source: 'wasted', bytesDown: most, bytesUp: 2 },
        ]);
      }));
  });

  describe(`${name} as a keeper of secrets`, () => {
    test('secrets are kept by job and name, replaced and removed', async () => {
      await using harness = await prepare();
      {
        using store = harness.open();
        for (const id of ['a', 'b']) store.commit({ job: aJob(id) });
        assert.equal(store.loadSecret('a', 'authHeaders'), undefined);
        store.saveSecret('a', 'authHeaders', 'old');
        store.saveSecret('a', 'authHeaders', 'Authorization: \u{1F511}');
        store.saveSecret('a', 'other', '');
        store.saveCustomHeaders('a', 'X: 1');
        store.commit({ job: aJob('a', { displayName: 'changed' }) });
      }
      using store = harness.open();
      assert.equal(store.loadSecret('a', 'authHeaders'), 'Authorization: \u{1F511}');
      assert.equal(store.loadSecret('a', 'other'), '');
      assert.equal(store.loadSecret('b', 'authHeaders'), undefined);
      store.saveSecret('a', 'authHeaders', undefined);
      assert.equal(store.loadSecret('a', 'authHeaders'), undefined);
      assert.equal(store.loadSecret('a', 'other'), '');
      assert.equal(store.loadCustomHeaders('a'), 'X: 1');
    });

    test('secrets go with their job', () =>
      withStore((store) => {
        store.commit({ job: aJob('a', { state: CANCELLED }) });
        store.saveSecret('a', 'authHeaders', 'x');
        store.setDiscarded('a', true);
        assert.equal(store.purgeFinal(9_999), 1);
        assert.equal(store.loadSecret('a', 'authHeaders'), undefined);
        store.commit({ job: aJob('a') });
        assert.equal(store.loadSecret('a', 'authHeaders'), undefined);
      }));

    test('a secret of no job, or without a name, is refused', () =>
      withStore((store) => {
        assert.throws(() => store.saveSecret('unknown', 'x', 'y'), { code: 'E_UNEXPECTED' });
        store.commit({ job: aJob('a') });
        assert.throws(() => store.saveSecret('a', '', 'y'), { code: 'E_INVALIDARG' });
        assert.throws(() => store.saveSecret('a', 'a\nb', 'y'), { code: 'E_INVALIDARG' });
        assert.equal(store.loadSecret('unknown', 'x'), undefined);
      }));
  });
}
