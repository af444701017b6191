import { BG_JOB_STATE } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import { explain } from '../../core/facts/explain.ts';
import type { JobFacts } from '../../core/facts/job-facts.ts';
import type { Job } from '../../core/job/job.ts';
import { isFinal, isForeground } from '../../core/job/step.ts';
import { addFiles } from '../add-files.ts';
import { cancelJob } from '../complete-job.ts';
import { createJob, keyReused } from '../create-job.ts';
import { hasProperty } from '../download/find-downloads.ts';
import type { Engine } from '../engine.ts';
import { DODownload } from '../interfaces/download.ts';
import { checkCategory, DOManager } from '../interfaces/download-manager.ts';
import { BackgroundCopyJob } from '../interfaces/job.ts';
import { resumeJob } from '../job-calls.ts';
import type { LiveJob } from '../live-job.ts';
import { jobOf, ownerFilter } from './access.ts';
import type { EventHub } from './event-hub.ts';
import { failedAttempts } from './failed-attempts.ts';
import { fileFactsOf, jobFactsOf, pieceFactsOf } from './facts-of.ts';
import { KeyedSerial } from './keyed-serial.ts';
import { queueOrderFor } from './queue-order.ts';
import { Rates } from './rates.ts';
import { sourcesOf } from './sources-of.ts';
import type { Caller, TransferService } from './transfer-service.ts';

/** Months of traffic that statistics go back. */
const MONTHS_SHOWN = 13;

/** The engine for front doors, with what has to be disposed of before the engine is closed. */
export function createTransferService(engine: Engine, hub: EventHub): TransferService & Disposable {
  const { store } = engine.ports;
  const closing = new DisposableStack();
  const rates = closing.use(new Rates(engine));

  const creations = new KeyedSerial();

  const find = (caller: Caller, id: string): LiveJob => jobOf(engine, caller, id);
  const factsOf = (live: LiveJob): JobFacts => jobFactsOf(engine, live, rates.of(live));
  // A job that only the store knows is shown as it was just read, and is not taken into the table:
  // going through a long list reads no row twice and leaves nothing behind.
  const shownOnly = (job: Job): LiveJob => engine.jobs.view(job);
  const change = <Result>(live: LiveJob, task: () => Result | Promise<Result>): Promise<Result> => {
    engine.assertOpen();
    return engine.operate(live, task);
  };
  const running = (): readonly LiveJob[] =>
    engine.jobs.busy().filter((live) => live.run !== undefined);

  return {
    job: (caller, id) => new BackgroundCopyJob(engine, find(caller, id)),
    facts: (caller, id) => factsOf(find(caller, id)),

    page(caller, { owner, ...query }) {
      engine.assertOpen();
      const of = ownerFilter(caller, owner);
      const wanted = { ...query, ...(of === undefined ? {} : { owner: of }) };
      const jobs = store.page(wanted);
      // A page of the largest size has no room for the one more that would tell of a next one.
      const last = jobs.length === query.limit ? jobs.at(-1)?.id : undefined;
      const isLast =
        last === undefined || store.pageOfIds({ ...wanted, afterId: last, limit: 1 }).length === 0;
      return {
        jobs: jobs.map((job) => factsOf(shownOnly(job))),
        nextAfterId: isLast ? undefined : last,
        total: store.count(wanted),
      };
    },

    async createJob(caller, wanted, idempotency) {
      engine.assertOpen();
      if (idempotency === undefined) {
        return { facts: factsOf(await createJob(engine, wanted, caller.user)), created: true };
      }
      const { key, fingerprint } = idempotency;
      // The same request twice at once: the second waits, and finds what the first has made.
      return creations.run(`${caller.user}\n${key}`, async () => {
        const known = store.requests.find(caller.user, key);
        if (known !== undefined && known.fingerprint !== fingerprint) throw keyReused(key);
        const made = known === undefined ? undefined : engine.jobs.find(known.jobId);
        if (made !== undefined) {
          await engine.flushed();
          return { facts: factsOf(made), created: false };
        }
        const live = await createJob(engine, wanted, caller.user, idempotency);
        return { facts: factsOf(live), created: true };
      });
    },

    async addFiles(caller, id, files) {
      const live = find(caller, id);
      const indexes = await change(live, () => addFiles(engine, live, files));
      return indexes.map((index) => fileFactsOf(live, live.files[index]!));
    },

    files(caller, id, { after, limit }) {
      const live = find(caller, id);
      const files = live.files.slice(after, after + limit);
      return { files: files.map((file) => fileFactsOf(live, file)), total: live.files.length };
    },

    pieces(caller, id, { after, limit }) {
      const live = find(caller, id);
      const { pieceSizeBytes } = engine.settings.transfer;
      const files = live.files.slice(after, after + limit);
      return {
        files: files.map((file) => pieceFactsOf(file, pieceSizeBytes)),
        total: live.files.length,
      };
    },

    sources: (caller, id) => sourcesOf(find(caller, id)),

    attempts: (caller, id) => failedAttempts(store.events, find(caller, id).id),

    explain(caller, id) {
      const live = find(caller, id);
      return explain({
        facts: factsOf(live),
        scheduling: engine.scheduler.explain(live),
        sources: sourcesOf(live),
        nowMs: engine.ports.clock.wallMs(),
      });
    },

    async retry(caller, id) {
      const live = find(caller, id);
      await change(live, () => {
        const { state } = live.job;
        if (state !== BG_JOB_STATE.ERROR && state !== BG_JOB_STATE.TRANSIENT_ERROR) {
          throw new DeliveryOptimizationError(
            'DO_E_INVALID_STATE',
            `Job ${live.id} has no error to be tried again after; use resume to start it.`,
          );
        }
        resumeJob(engine, live);
      });
    },

    async setMaxBytesPerSecond(caller, id, bytesPerSecond) {
      const live = find(caller, id);
      await change(live, () => {
        engine.assertChangeable(live, 'SetMaxBytesPerSecond');
        engine.call(live, { call: 'setMaxBytesPerSecond', bytesPerSecond });
      });
    },

    async order(caller, id, position) {
      const live = find(caller, id);
      const where =
        typeof position === 'string'
          ? position
          : 'before' in position
            ? ({ other: find(caller, position.before), side: 'before' } as const)
            : ({ other: find(caller, position.after), side: 'after' } as const);
      await change(live, () => {
        engine.assertChangeable(live, 'The order of the queue');
        const queueOrder = queueOrderFor(engine, live, where);
        engine.call(live, { call: 'setQueueOrder', queueOrder });
      });
    },

    acknowledge(caller, id, sequence) {
      const live = find(caller, id);
      if (engine.unacknowledged(live).some((row) => row.sequence === sequence)) {
        engine.acknowledge(live, sequence);
      }
    },

    async remove(caller, id) {
      const live = find(caller, id);
      if (!isFinal(live.job.state)) await cancelJob(engine, live);
      await live.discarding;
      await change(live, () => {
        store.deleteFinal(live.id);
        engine.jobs.forget(live);
      });
    },

    download(caller, id) {
      const live = find(caller, id);
      if (live.job.download !== undefined) return new DODownload(engine, live);
      throw new DeliveryOptimizationError('DO_E_JOB_NOT_FOUND', `There is no download ${id}.`);
    },

    downloadPage(caller, { category, ...place }) {
      engine.assertOpen();
      const filter = checkCategory(category);
      const query = {
        ...place,
        includeFinal: false,
        family: 'download',
        owner: caller.user,
      } as const;
      const page = store.page(query);
      const last = page.length === query.limit ? page.at(-1)?.id : undefined;
      return {
        downloads: page
          .filter((job) => filter === undefined || hasProperty(job, filter.property, filter.value))
          .map((job) => new DODownload(engine, engine.jobs.get(job.id))),
        nextAfterId: last,
      };
    },

    downloads: (caller) => new DOManager(engine, caller.user),

    eventBounds: () => ({
      last: store.events.lastSequence,
      trimmed: store.events.trimmedSequence,
    }),

    subscribe(caller, { after, jobId, owner }) {
      engine.assertOpen();
      if (jobId !== undefined) {
        const live = find(caller, jobId);
        return hub.subscribe(after, { jobId: live.id });
      }
      const of = ownerFilter(caller, owner);
      return hub.subscribe(after, of === undefined ? {} : { owner: of });
    },

    jobEvents: (caller, id, { after, limit }) =>
      store.events.read(after, limit, { jobId: find(caller, id).id }),

    progress(caller, everyone) {
      const of = ownerFilter(caller, everyone ? '*' : undefined);
      return running()
        .filter((live) => of === undefined || live.job.owner === of)
        .map((live) => {
          const { id, owner, progress, bytesPerSecond } = factsOf(live);
          return { jobId: id, owner, progress, bytesPerSecond };
        });
    },

    statistics(caller) {
      engine.assertOpen();
      const of = caller.administrator ? undefined : caller.user;
      const mine = running().filter((live) => of === undefined || live.job.owner === of);
      const foreground = mine.filter((live) => isForeground(live.job)).length;
      return {
        jobsByState: store.countByState(of),
        running: { foreground, background: mine.length - foreground },
        bytesPerSecond: mine.reduce((sum, live) => sum + rates.of(live), 0),
        months: store.traffic.read(MONTHS_SHOWN),
      };
    },

    [Symbol.dispose]: () => closing.dispose(),
  };
}
