import assert from 'node:assert/strict';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  BG_JOB_STATE,
  BG_JOB_TYPE,
  S_OK,
  openManager,
  type BG_ERROR_CONTEXT,
  type FileOptions,
  type IBackgroundCopyFile,
  type IBackgroundCopyJob,
  type HaulyardManager,
  type JobFailure,
  type OpenManagerOptions,
} from '../../src/index.ts';
import { compareFile, type SeededBody } from './origin.ts';
import { temporaryDirectory, until } from './temporary.ts';

/** Retries at once, for tests that let the engine go on by itself. */
export const FAST_RETRIES = { delaysMs: [20, 40, 80], jitter: 0 } as const;

/**
 * No retry within a test's life: a failed attempt stays to be looked at until the test resumes the
 * job, which overrides the wait.
 */
export const NO_RETRIES = { delaysMs: [600_000], jitter: 0 } as const;

/** The code of a status is this number and the status (errors.md 4). */
const HTTP_STATUS_CODES = 0x8019_0000;

/** An engine on a directory of its own. */
export interface EngineWorld extends AsyncDisposable {
  /** The manager in use; `reopen` puts another one in its place. */
  readonly manager: HaulyardManager;
  /** What the engine warned of. */
  readonly warnings: readonly string[];
  /** Where the jobs are kept. */
  readonly dataDir: string;
  /** A path in the directory for downloads. */
  target(name: string): string;
  /** Names in the directory for downloads, sorted. */
  names(): Promise<string[]>;
  /** Closes the manager, as a program that ends does. */
  close(): Promise<void>;
  /** Closes the manager and opens another one on the same data. */
  reopen(options?: OpenManagerOptions): Promise<HaulyardManager>;
}

/** Which HTTP client the worlds of this process use, where a test does not say. */
let httpClient: NonNullable<OpenManagerOptions['httpClient']> = 'direct';

/** Lets a file of tests run once more with the other client. */
export function useHttpClient(client: typeof httpClient): void {
  httpClient = client;
}

/** Opens a manager through the public API, with fast retries unless told otherwise. */
export async function openWorld(options: OpenManagerOptions = {}): Promise<EngineWorld> {
  const directory = await temporaryDirectory();
  const targets = directory.join('downloads');
  await mkdir(targets);
  const dataDir = options.dataDir ?? directory.join('data');
  const warnings: string[] = [];
  const open = (changes: OpenManagerOptions): Promise<HaulyardManager> =>
    openManager({
      retry: FAST_RETRIES,
      httpClient,
      onWarning: (message) => warnings.push(message),
      ...options,
      ...changes,
      dataDir,
    });
  let manager = await open({});
  return {
    get manager() {
      return manager;
    },
    warnings,
    dataDir,
    target: (name) => `${targets}/${name}`,
    names: async () => (await readdir(targets)).sort(),
    close: () => manager[Symbol.asyncDispose](),
    async reopen(changes = {}) {
      await manager[Symbol.asyncDispose]();
      manager = await open(changes);
      return manager;
    },
    async [Symbol.asyncDispose]() {
      await manager[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A job with one file. */
export interface OneFileJob {
  readonly job: IBackgroundCopyJob;
  readonly file: IBackgroundCopyFile;
  readonly target: string;
}

/** Makes a job that fetches `url` to `name`, and does not start it. */
export async function addJob(
  world: Pick<EngineWorld, 'manager' | 'target'>,
  url: string,
  name: string = 'out.bin',
  options?: FileOptions,
): Promise<OneFileJob> {
  const job = await world.manager.createJob(name, BG_JOB_TYPE.DOWNLOAD);
  const target = world.target(name);
  const file = await job.addFile(url, target, options);
  return { job, file, target };
}

/**
 * Waits until the job is in the state, or in one of them, and returns it. A job in ERROR gets no
 * further by itself, so waiting for another state ends there.
 */
export async function waitForState(
  job: IBackgroundCopyJob,
  wanted: BG_JOB_STATE | readonly BG_JOB_STATE[],
  timeoutMs: number = 20_000,
): Promise<BG_JOB_STATE> {
  const states: readonly BG_JOB_STATE[] = Array.isArray(wanted) ? wanted : [wanted];
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const state = await job.getState();
    if (states.includes(state)) return state;
    if (state === BG_JOB_STATE.ERROR || performance.now() > giveUpAt) {
      const failure = await job.getLastFailure();
      throw new Error(
        `Waited for ${states.map(nameOfState).join(' or ')} and the job is ${nameOfState(state)}: ${failure?.message ?? 'no failure'}`,
      );
    }
    await sleep(2);
  }
}

/** The name of a state, for messages and tables. */
export function nameOfState(state: BG_JOB_STATE): string {
  return Object.entries(BG_JOB_STATE).find(([, value]) => value === state)?.[0] ?? String(state);
}

/** Waits until so many bytes of the job are written. */
export async function waitForBytes(job: IBackgroundCopyJob, bytes: number): Promise<number> {
  let transferred = 0;
  await until(async () => (transferred = (await job.getProgress()).bytesTransferred) >= bytes, {
    what: `${bytes} bytes`,
    timeoutMs: 20_000,
    everyMs: 2,
  });
  return transferred;
}

/** Starts the job and waits until it is TRANSFERRED or in ERROR. */
export async function runToEnd(job: IBackgroundCopyJob): Promise<'TRANSFERRED' | 'ERROR'> {
  await job.resume();
  const { TRANSFERRED, ERROR } = BG_JOB_STATE;
  const state = await waitForState(job, [TRANSFERRED, ERROR]);
  return state === TRANSFERRED ? 'TRANSFERRED' : 'ERROR';
}

/** Runs the job, completes it, and expects both to go well. */
export async function runAndComplete(job: IBackgroundCopyJob): Promise<void> {
  const end = await runToEnd(job);
  assert.equal(end, 'TRANSFERRED', (await job.getLastFailure())?.message);
  assert.equal(await job.complete(), S_OK);
}

/**
 * Starts the job again after each failed attempt until it is TRANSFERRED or in ERROR. For worlds
 * with `NO_RETRIES`.
 *
 * @returns the code of each failed attempt, and at the end TRANSFERRED or ERROR
 */
export async function attemptsOf(job: IBackgroundCopyJob): Promise<string[]> {
  const seen: string[] = [];
  const { TRANSFERRED, TRANSIENT_ERROR, ERROR } = BG_JOB_STATE;
  while (seen.length < 12) {
    await job.resume();
    const state = await waitForState(job, [TRANSFERRED, TRANSIENT_ERROR, ERROR]);
    if (state === TRANSFERRED) return [...seen, 'TRANSFERRED'];
    seen.push(codeOf(await job.getLastFailure()));
    if (state === ERROR) return [...seen, 'ERROR'];
  }
  return seen;
}

/** The symbolic name of a failure, or `HTTP 404` for the exact code of a status. */
export function codeOf(failure: JobFailure | null): string {
  if (failure === null) return 'no failure';
  const status = failure.hresult - HTTP_STATUS_CODES;
  return status >= 100 && status < 1_000 ? `HTTP ${status}` : failure.code;
}

/** All that a job says of its failure. */
export interface ReportedFailure {
  readonly state: string;
  /** As `codeOf` writes it. */
  readonly code: string;
  readonly hresult: number;
  readonly context: BG_ERROR_CONTEXT;
  /** Local name of the file to blame. */
  readonly file: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** What `getError`, `getFile` and ExtendedErrorInfo say, which have to agree. */
export async function reportedFailure(job: IBackgroundCopyJob): Promise<ReportedFailure> {
  const error = await job.getError();
  const { context, code } = await error.getError();
  const info = JSON.parse(await job.getDOProperty(0)) as Record<string, unknown>;
  assert.equal(info['HResult'], code, 'ExtendedErrorInfo and GetError agree');
  const failure = await job.getLastFailure();
  assert.equal(failure?.message, await error.getErrorDescription());
  return {
    state: nameOfState(await job.getState()),
    code: codeOf(failure),
    hresult: code,
    context,
    file: await (await error.getFile()).getLocalName(),
    info,
  };
}

/** Expects the file to hold exactly this content. */
export async function assertContent(path: string, body: Buffer | SeededBody): Promise<void> {
  if (Buffer.isBuffer(body)) {
    assert.ok(body.equals(await readFile(path)), `${path} has other bytes`);
    return;
  }
  const difference = await compareFile(path, body.size, body.seed);
  assert.equal(difference, undefined, `${path} differs from byte ${difference} on`);
}
