import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { BG_JOB_STATE } from '../../src/core/constants.ts';
import type { DownloadRecord } from '../../src/core/download/record.ts';
import type { Job } from '../../src/core/job/job.ts';
import type { JobQuery, JobStore } from '../../src/ports/job-store.ts';
import type { JobStoreHarness } from './job-store.ts';
import { aFile, aJob } from './job-store-values.ts';

const { QUEUED, TRANSFERRING, SUSPENDED, ERROR, ACKNOWLEDGED, CANCELLED } = BG_JOB_STATE;
const STATES = Object.values(BG_JOB_STATE);

const DOWNLOAD: DownloadRecord = { started: false, properties: {}, ranges: [], streams: false };

const EVERYTHING = { limit: 1_000, includeFinal: true, family: 'both' } as const;

/** Ids that ascend with the order of creation, as UUIDs of version 7 do. */
function id(number: number): string {
  return `0192f0a0-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** The pages, counts and places that every job store gives, whatever it is made of. */
export function jobListConformance(name: string, prepare: () => Promise<JobStoreHarness>): void {
  async function withStore(body: (store: JobStore) => void): Promise<void> {
    await using harness = await prepare();
    using store = harness.open();
    body(store);
  }

  describe(`${name} as lists of jobs`, () => {
    test('pages that follow each other are the list, whatever the filter and the size', async () => {
      const jobs = fc.array(
        fc.record({
          owner: fc.constantFrom('ada', 'bob'),
          state: fc.constantFrom(...STATES),
          download: fc.constantFrom(undefined, DOWNLOAD),
        }),
        { maxLength: 40 },
      );
      const queries = fc.record(
        {
          limit: fc.integer({ min: 1, max: 9 }),
          owner: fc.constantFrom('ada', 'bob', 'nobody'),
          states: fc.subarray(STATES),
          includeFinal: fc.boolean(),
          family: fc.constantFrom('job' as const, 'download' as const, 'both' as const),
          first: fc.constantFrom('oldest' as const, 'newest' as const),
        },
        { requiredKeys: ['limit', 'includeFinal', 'family'] },
      );
      await fc.assert(
        fc.asyncProperty(jobs, fc.array(queries, { maxLength: 6 }), async (wanted, asked) => {
          await withStore((store) => {
            wanted.forEach((changes, index) => store.commit({ job: aJob(id(index), changes) }));
            const list = store.list({ includeFinal: true });
            for (const query of asked) {
              const wantedJobs = list.filter((job) => matches(job, query));
              if (query.first === 'newest') wantedJobs.reverse();
              const pages = pagesOf(store, query);
              assert.deepEqual(pages, wantedJobs);
              assert.deepEqual(
                store.pageOfIds(query),
                wantedJobs.slice(0, query.limit).map((job) => job.id),
              );
              assert.equal(store.count(query), wantedJobs.length);
            }
          });
        }),
        { numRuns: 40 },
      );
    });

    test('a page begins after a job that is gone as if it were there', () =>
      withStore((store) => {
        for (let index = 0; index < 6; index += 1) {
          store.commit({ job: aJob(id(index), { state: CANCELLED }) });
        }
        for (const gone of [0, 2, 3, 5]) store.deleteFinal(id(gone));
        const after = (afterId: string): string[] =>
          store.page({ ...EVERYTHING, afterId }).map((job) => job.id);
        assert.deepEqual(after(id(0)), [id(1), id(4)]);
        assert.deepEqual(after(id(1)), [id(4)]);
        assert.deepEqual(after(id(2)), [id(4)]);
        assert.deepEqual(after(id(3)), [id(4)]);
        assert.deepEqual(after(id(4)), []);
        assert.deepEqual(after(id(5)), []);
        assert.deepEqual(after(''), [id(1), id(4)]);
        assert.deepEqual(after('\u{10ffff}'), []);
        const before = (afterId: string): readonly string[] =>
          store.pageOfIds({ ...EVERYTHING, first: 'newest', afterId });
        assert.deepEqual(before(id(0)), []);
        assert.deepEqual(before(id(1)), []);
        assert.deepEqual(before(id(2)), [id(1)]);
        assert.deepEqual(before(id(3)), [id(1)]);
        assert.deepEqual(before(id(4)), [id(1)]);
        assert.deepEqual(before(id(5)), [id(4), id(1)]);
        assert.deepEqual(before(''), []);
        assert.deepEqual(before('\u{10ffff}'), [id(4), id(1)]);
      }));

    test('a page of no job, or of too many, is refused', () =>
      withStore((store) => {
        for (const limit of [0, -1, 1_001, 2.5, Number.NaN]) {
          assert.throws(() => store.page({ ...EVERYTHING, limit }), { code: 'E_INVALIDARG' });
        }
        assert.deepEqual(store.page({ ...EVERYTHING, limit: 1 }), []);
        assert.deepEqual(store.page({ ...EVERYTHING, states: [] }), []);
      }));

    test('downloads stand among the jobs in every list but a page of one family', () =>
      withStore((store) => {
        store.commit({ job: aJob(id(1), { state: QUEUED, queueOrder: 2 }) });
        store.commit({
          job: aJob(id(2), { state: QUEUED, queueOrder: 1, download: DOWNLOAD }),
        });
        assert.deepEqual(store.queued(false, 9), [id(2), id(1)]);
        assert.deepEqual(store.pageOfIds(EVERYTHING), [id(1), id(2)]);
        assert.deepEqual(store.createdBefore(9_999), [id(1), id(2)]);
        assert.equal(store.list({ includeFinal: false }).length, 2);
        const ids = (family: JobQuery['family']): string[] =>
          store.page({ ...EVERYTHING, family }).map((job) => job.id);
        assert.deepEqual([ids('job'), ids('download')], [[id(1)], [id(2)]]);
      }));

    test('jobs are counted by state, of one owner or of all', () =>
      withStore((store) => {
        assert.deepEqual(store.countByState(), new Map());
        const states = [QUEUED, QUEUED, SUSPENDED, ERROR, ACKNOWLEDGED, CANCELLED, CANCELLED];
        states.forEach((state, index) => {
          const owner = index % 2 === 0 ? 'ada' : 'bob';
          store.commit({ job: aJob(id(index), { state, owner }) });
        });
        const sorted = (owner?: string): readonly (readonly [number, number])[] =>
          [...store.countByState(owner)].toSorted(([a], [b]) => a - b);
        assert.deepEqual(sorted(), [
          [QUEUED, 2],
          [SUSPENDED, 1],
          [ERROR, 1],
          [ACKNOWLEDGED, 1],
          [CANCELLED, 2],
        ]);
        assert.deepEqual(sorted('ada'), [
          [QUEUED, 1],
          [SUSPENDED, 1],
          [ACKNOWLEDGED, 1],
          [CANCELLED, 1],
        ]);
        assert.deepEqual(sorted('nobody'), []);
        store.commit({ job: aJob(id(0), { state: TRANSFERRING, owner: 'ada' }) });
        assert.deepEqual(sorted('ada')[0], [TRANSFERRING, 1]);
        const forgotten = store.countByState().get(CANCELLED)!;
        store.deleteFinal(id(5));
        assert.equal(store.countByState().get(CANCELLED), forgotten - 1);
        assert.throws(() =>
          store.together(() => {
            store.commit({ job: aJob(id(1), { state: ERROR, owner: 'bob' }) });
            throw new Error('undone');
          }),
        );
        assert.equal(store.countByState('bob').get(QUEUED), 1, 'what is undone is not counted');
      }));

    test('the ends of a queue are those of its queued jobs', () =>
      withStore((store) => {
        assert.equal(store.queueBounds(true), undefined);
        store.commit({ job: aJob('a', { state: QUEUED, priority: 2, queueOrder: 5 }) });
        store.commit({ job: aJob('b', { state: QUEUED, priority: 1, queueOrder: -9 }) });
        store.commit({ job: aJob('c', { state: QUEUED, priority: 3, queueOrder: 7 }) });
        store.commit({ job: aJob('d', { state: QUEUED, priority: 0, queueOrder: 6 }) });
        store.commit({ job: aJob('e', { state: SUSPENDED, priority: 2, queueOrder: 99 }) });
        assert.deepEqual(store.queueBounds(false), { first: -9, last: 7 });
        assert.deepEqual(store.queueBounds(true), { first: 6, last: 6 });
      }));

    test('the neighbours of a place are the next orders on both sides, its own left out', () =>
      withStore((store) => {
        for (const queueOrder of [10, 20, 20, 30]) {
          const job = aJob(`${queueOrder} ${store.list({ includeFinal: false }).length}`);
          store.commit({ job: { ...job, state: QUEUED, queueOrder } });
        }
        const neighbours = (order: number): readonly (number | undefined)[] => {
          const { before, after } = store.queueNeighbours(false, order);
          return [before, after];
        };
        assert.deepEqual(neighbours(20), [10, 30]);
        assert.deepEqual(neighbours(15), [10, 20]);
        assert.deepEqual(neighbours(10), [undefined, 20]);
        assert.deepEqual(neighbours(30), [20, undefined]);
        assert.deepEqual(store.queueNeighbours(true, 20), { before: undefined, after: undefined });
      }));

    test('a job may have the smallest and the largest place there is', () =>
      withStore((store) => {
        const { MIN_SAFE_INTEGER: first, MAX_SAFE_INTEGER: last } = Number;
        store.commit({ job: aJob('last', { state: QUEUED, queueOrder: last }) });
        store.commit({ job: aJob('first', { state: QUEUED, queueOrder: first }) });
        assert.deepEqual(store.queued(false, 9), ['first', 'last']);
        assert.deepEqual(store.queueBounds(false), { first, last });
        assert.deepEqual(store.queueNeighbours(false, 0), { before: first, after: last });
        assert.equal(store.maxQueueOrder, last);
      }));

    test('a final job is forgotten at once when it is told to, and no other', () =>
      withStore((store) => {
        store.commit({ job: aJob('done', { state: ACKNOWLEDGED }), files: [aFile('done')] });
        store.commit({ job: aJob('live', { state: ERROR }), files: [aFile('live')] });
        store.deleteFinal('done');
        store.deleteFinal('live');
        store.deleteFinal('unknown');
        assert.equal(store.loadJob('done'), undefined);
        assert.deepEqual(store.loadFiles('done'), []);
        assert.deepEqual(store.loadFiles('live'), [aFile('live')]);
        assert.deepEqual(store.undiscarded(), []);
      }));
  });
}

/** Every page of a query, one after the other. */
function pagesOf(store: JobStore, query: JobQuery): readonly Job[] {
  const all: Job[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = store.page(last === undefined ? query : { ...query, afterId: last.id });
    assert.ok(page.length <= query.limit);
    all.push(...page);
    if (page.length < query.limit) return all;
  }
}

function matches(job: Job, { owner, states, includeFinal, family }: JobQuery): boolean {
  if (owner !== undefined && job.owner !== owner) return false;
  if (states !== undefined && !states.includes(job.state)) return false;
  if (!includeFinal && (job.state === ACKNOWLEDGED || job.state === CANCELLED)) return false;
  return family === 'both' || (family === 'download') === (job.download !== undefined);
}
