/**
 * A process to be killed: opens an engine on a data directory, brings its jobs to an end, and tells
 * on stdout, one JSON object a line, what happens. Its one argument is a {@link ChildTask}.
 *
 * The engine is put together as `openManager` does it, with the disk and the store wrapped: at the
 * call that the task names, the process kills itself with SIGKILL.
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { BG_JOB_STATE, BG_JOB_TYPE, BG_NOTIFY } from '../../src/core/constants.ts';
import type { IBackgroundCopyJob } from '../../src/core/interfaces/job.ts';
import type { IBackgroundCopyManager } from '../../src/core/interfaces/manager.ts';
import {
  DEFAULT_BACKGROUND_SLOTS,
  DEFAULT_FOREGROUND_SLOTS,
  DEFAULT_PIECE_SIZE_BYTES,
  TIME_SLICE_MS,
} from '../../src/core/limits.ts';
import { DEFAULT_RETRY_POLICY } from '../../src/core/retry/retry-delay.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import { openPartialFiles } from '../../src/io/disk/partial-files.ts';
import { openUndiciTransport } from '../../src/io/http/undici-transport.ts';
import { openSqliteJobStore } from '../../src/io/sqlite/open-sqlite-job-store.ts';
import { currentBootId } from '../../src/io/system/boot-id.ts';
import { systemClock } from '../../src/io/system/system-clock.ts';
import { openSystemDigester } from '../../src/io/system/system-digester.ts';
import { watchSystemNetwork } from '../../src/io/system/system-network.ts';
import { systemRandomness } from '../../src/io/system/system-randomness.ts';
import { systemWorkload } from '../../src/io/system/system-workload.ts';
import type { FileCheckpoint, StoreChange } from '../../src/ports/job-store.ts';
import type { PartialFile, PartialFileId } from '../../src/ports/partial-files.ts';
import type { ChildEvent, ChildTask, KillPoint } from './child-task.ts';

const task = JSON.parse(process.argv[2]!) as ChildTask;

/** Bytes of a job before a `cancel` task cancels it. */
const CANCEL_AFTER_BYTES = 262_144;

function tell(event: ChildEvent): void {
  writeSync(1, `${JSON.stringify(event)}\n`);
}

let passed = 0;

function pass(point: KillPoint): void {
  if (task.kill?.point !== point) return;
  passed += 1;
  if (passed === (task.kill.nth ?? 1)) process.kill(process.pid, 'SIGKILL');
}

/** What a call of the store is called in a task. */
function nameOf(method: string, argument: unknown): string {
  if (method === 'checkpoint') {
    const { durability } = argument as FileCheckpoint;
    // Two of them say what is flushed, and differ in when the disk has that word.
    return durability === 'grown' ? 'flushed' : durability;
  }
  if (method === 'flushed') return 'log flush';
  if (method !== 'commit') return method;
  const { job, files = [] } = argument as StoreChange;
  if (job === undefined) return method;
  if (job.state === BG_JOB_STATE.ACKNOWLEDGED) return 'acknowledged';
  if (job.state === BG_JOB_STATE.CANCELLED) return 'cancelled';
  if (job.publishing) return 'publishing';
  if (job.state === BG_JOB_STATE.TRANSFERRED) return 'transferred';
  return files.some(({ done }) => done) ? 'file done' : method;
}

/** What the transaction under way has stored so far: all of it is there only once that is over. */
let inTransaction: string[] | undefined;

function storedTogether(store: () => unknown): void {
  const stored: string[] = [];
  inTransaction = stored;
  store();
  inTransaction = undefined;
  for (const name of stored) pass(`after ${name}`);
}

/** The port with every call of it a place to be killed at. */
function fragile<Port extends object>(
  port: Port,
  name: (method: string, argument: unknown) => string,
): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const called = name(String(key), args[0]);
        if (key === 'together') return storedTogether(() => value.apply(target, args));
        if (key === 'publish') args[1] = passingRenames(args[1] as RenameTold | undefined);
        pass(`before ${called}`);
        const result: unknown = value.apply(target, args);
        if (!(result instanceof Promise)) {
          if (inTransaction === undefined) pass(`after ${called}`);
          else inTransaction.push(called);
          return result;
        }
        return result.then((outcome: unknown) => {
          pass(`after ${called}`);
          return key === 'open' && outcome !== undefined ? fragilePart(outcome) : outcome;
        });
      };
    },
  });
}

type RenameTold = (id: PartialFileId) => void;

/** What one call of `publish` does is more than one step. */
function passingRenames(renamed: RenameTold = () => {}): RenameTold {
  return (id) => {
    pass('after rename');
    renamed(id);
  };
}

function fragilePart(outcome: unknown): PartialFile {
  const part = outcome as PartialFile;
  const writeSlowly: PartialFile['write'] = async (buffers, position) => {
    if (task.diskDelayMs !== undefined) await sleep(task.diskDelayMs);
    await part.write(buffers, position);
  };
  const whole = new Proxy(part, {
    get(target, key) {
      if (key === 'write') return writeSlowly;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return fragile(whole, (method) => `part ${method}`);
}

function open(): IBackgroundCopyManager {
  const warn = (message: string): void => tell({ event: 'warning', message });
  const store = openSqliteJobStore({
    directory: task.dataDir,
    bootId: currentBootId(),
    owner: 'a crash test',
    onWarning: warn,
  });
  const network = watchSystemNetwork();
  const transport = openUndiciTransport({ environment: {} });
  const digester = openSystemDigester();
  return startEngine(
    {
      clock: systemClock,
      randomness: systemRandomness,
      digester,
      workload: systemWorkload(),
      network,
      transport,
      store: fragile(store, nameOf),
      partials: fragile(openPartialFiles(), (method) => method),
    },
    {
      transfer: {
        pieceSizeBytes: DEFAULT_PIECE_SIZE_BYTES,
        minSplitBytes: 1_048_576,
        connectionsPerFile: task.connections ?? 4,
        userAgent: 'haulyard-crash-test',
      },
      slots: {
        foregroundSlots: DEFAULT_FOREGROUND_SLOTS,
        backgroundSlots: DEFAULT_BACKGROUND_SLOTS,
        timeSliceMs: TIME_SLICE_MS,
      },
      retry: { ...DEFAULT_RETRY_POLICY, delaysMs: [50, 100], jitter: 0 },
      connectionsPerOrigin: task.connections ?? 4,
      maxBytesPerSecond: undefined,
      owner: 'crash test',
      startInterrupted: task.end !== 'look',
      onWarning: warn,
    },
    async () => {
      await transport[Symbol.asyncDispose]();
      await digester[Symbol.asyncDispose]();
      network[Symbol.dispose]();
      store[Symbol.dispose]();
    },
  );
}

async function makeJobs(manager: IBackgroundCopyManager): Promise<void> {
  for (const files of task.jobs ?? []) {
    const job = await manager.createJob('to be killed', BG_JOB_TYPE.DOWNLOAD);
    await job.setNotifyFlags(BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR);
    for (const { url, path, ranges, sha256 } of files) {
      if (sha256 === undefined) await job.addFileWithRanges(path, url, path, ranges ?? null);
      else await job.addFile(url, path, { digest: { algorithm: 'sha-256', hex: sha256 } });
    }
  }
}

/** Brings a job to the end that the task asks for. */
function bringToEnd(job: IBackgroundCopyJob, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let finished = false;
    const finish = async (): Promise<void> => {
      if (finished) return;
      finished = true;
      if (task.end === 'complete') tell({ event: 'completed', id, result: await job.complete() });
      resolve();
    };
    const register = job.setNotifyInterface({
      async jobTransferred() {
        tell({ event: 'transferred', id });
        pass('in the callback');
        if (task.end === 'hold') await new Promise(() => {});
        await finish();
      },
      async jobError(_, error) {
        const { code } = await error.getError();
        reject(new Error(`Job ${id} stopped with 0x${code.toString(16)}.`));
      },
      jobModification() {},
    });
    void register
      .then(() => job.getState())
      .then(async (state) => {
        if (task.end === 'cancel') {
          await job.resume();
          while ((await job.getProgress()).bytesTransferred < CANCEL_AFTER_BYTES) await sleep(5);
          tell({ event: 'cancelled', id, result: await job.cancel() });
          resolve();
        } else if (state === BG_JOB_STATE.TRANSFERRED) {
          // Told already, perhaps, by a process that died before it could act on it.
          if (task.end === 'complete') await finish();
        } else {
          await job.resume();
        }
      })
      .catch(reject);
  });
}

const manager = open();
const known = await manager.enumJobs();
if ((await known.getCount()) === 0 && task.end !== 'look') await makeJobs(manager);
const jobs: { readonly job: IBackgroundCopyJob; readonly id: string }[] = [];
for await (const job of await manager.enumJobs()) jobs.push({ job, id: await job.getId() });
const states = await Promise.all(
  jobs.map(async ({ job, id }) => ({
    id,
    state: await job.getState(),
    ...(await job.getProgress()),
  })),
);
tell({ event: 'opened', jobs: states });
if (task.end !== 'look') await Promise.all(jobs.map(({ job, id }) => bringToEnd(job, id)));
await manager[Symbol.asyncDispose]();
