import { resolve } from 'node:path';

import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_NOTIFY,
  BG_SIZE_UNKNOWN,
} from './core/constants.ts';
import { DeliveryOptimizationError } from './core/errors.ts';
import type { FileOptions } from './core/interfaces/file.ts';
import type { IBackgroundCopyJob } from './core/interfaces/job.ts';
import type { IBackgroundCopyManager } from './core/interfaces/manager.ts';
import { errorOf } from './core/job/failure.ts';
import { BackgroundCopyManager } from './engine/interfaces/manager.ts';
import { openManager, type OpenManagerOptions } from './open.ts';

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes, or undefined while the size is unknown. */
  readonly bytesTotal: number | undefined;
  readonly bytesTransferred: number;
}

export interface DownloadOptions {
  /** Stops the download and keeps what is here: the same call goes on from there. */
  readonly signal?: AbortSignal;
  /** Called about twice a second while data arrives. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Default FOREGROUND: somebody waits for it. */
  readonly priority?: BG_JOB_PRIORITY;
  /** SHA-256 of the file in hexadecimal; other content is refused. */
  readonly sha256?: string;
  /** The manager to use; it stays open. Default: one of its own, open while downloads run. */
  readonly manager?: IBackgroundCopyManager;
  /** Data directory of the manager of its own; see `openManager`. */
  readonly dataDir?: string;
}

/**
 * Fetches `url` into the file `path`, and resolves to its absolute path once it is there. A
 * download that was interrupted, by a crash too, goes on where it was when asked for again.
 *
 * Rejects with the `DeliveryOptimizationError` that ended the job, which is then cancelled, or with
 * the signal's reason, after which the job waits for the next call.
 */
export async function download(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<string> {
  options.signal?.throwIfAborted();
  const localName = resolve(path);
  if (options.manager !== undefined) return fetchOnce(options.manager, url, localName, options);
  const shared = await SharedManager.acquire(options.dataDir);
  try {
    return await fetchOnce(shared.manager, url, localName, options);
  } finally {
    await shared.release();
  }
}

/** Downloads under way, by manager and by what they fetch. */
const underWay = new WeakMap<IBackgroundCopyManager, Map<string, Promise<string>>>();

/**
 * Two calls for the same file are one download: the later one waits for the first, and takes over
 * only when that one was called off by its own signal.
 */
async function fetchOnce(
  manager: IBackgroundCopyManager,
  url: string,
  localName: string,
  options: DownloadOptions,
): Promise<string> {
  const mine = underWay.get(manager) ?? new Map<string, Promise<string>>();
  underWay.set(manager, mine);
  const key = JSON.stringify([url, localName, options.sha256?.toLowerCase()]);
  for (let first = mine.get(key); first !== undefined; first = mine.get(key)) {
    const outcome = await settledOrAborted(first, options.signal);
    if (outcome.kind === 'done') return outcome.path;
    if (outcome.error instanceof DeliveryOptimizationError) throw outcome.error;
  }
  options.signal?.throwIfAborted();
  const running = fetchFile(manager, url, localName, options).finally(() => mine.delete(key));
  mine.set(key, running);
  return running;
}

type Settled =
  | { readonly kind: 'done'; readonly path: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** How another call's download ended; rejects as soon as this call's own signal aborts. */
async function settledOrAborted(
  first: Promise<string>,
  signal: AbortSignal | undefined,
): Promise<Settled> {
  const ended = first.then(
    (path): Settled => ({ kind: 'done', path }),
    (error: unknown): Settled => ({ kind: 'failed', error }),
  );
  if (signal === undefined) return ended;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([ended, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function fetchFile(
  manager: IBackgroundCopyManager,
  url: string,
  localName: string,
  options: DownloadOptions,
): Promise<string> {
  const outcome = Promise.withResolvers<void>();
  // Nobody may be waiting yet when the signal aborts; whoever waits later still hears of it.
  outcome.promise.catch(() => undefined);
  const onAbort = (): void => outcome.reject(options.signal!.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const name = await displayName(url, localName, options.sha256);
    const known = await unfinishedDownloads(manager);
    const job = await takeJob(manager, known, name, url, localName, options);
    await follow(job, outcome, localName, options);
    known.delete(name);
    return localName;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

async function follow(
  job: IBackgroundCopyJob,
  outcome: PromiseWithResolvers<void>,
  localName: string,
  options: DownloadOptions,
): Promise<void> {
  try {
    // A call that sets what is set already would still be stored.
    const priority = priorityOf(options);
    if ((await job.getPriority()) !== priority) await job.setPriority(priority);
    if ((await job.getNotifyFlags()) !== HEARD_EVENTS) await job.setNotifyFlags(HEARD_EVENTS);
    await job.setNotifyInterface({
      jobTransferred: () => outcome.resolve(),
      jobError: async () => outcome.reject(await failureOf(job)),
      jobModification: async () => {
        if ((await job.getState()) === BG_JOB_STATE.CANCELLED) outcome.reject(cancelled(localName));
        else if (options.onProgress !== undefined) options.onProgress(await progressOf(job));
      },
    });
    options.signal?.throwIfAborted();
    await job.resume();
    // A job that had finished before waits as TRANSFERRED, and its event may be told already.
    if ((await job.getState()) === BG_JOB_STATE.TRANSFERRED) outcome.resolve();
    await outcome.promise;
    await job.setNotifyInterface(null);
    await job.complete();
  } catch (error) {
    await giveUp(job, options.signal?.aborted === true);
    throw error;
  }
}

async function giveUp(job: IBackgroundCopyJob, keep: boolean): Promise<void> {
  const state = await job.getState();
  if (state === BG_JOB_STATE.CANCELLED || state === BG_JOB_STATE.ACKNOWLEDGED) return;
  await job.setNotifyInterface(null);
  // A file that is all here and could not be put in place waits for the next call.
  if (state === BG_JOB_STATE.TRANSFERRED) return;
  if (keep) await job.suspend();
  else await job.cancel();
}

/** The unfinished job of an earlier call for the same file, or a new one. */
async function takeJob(
  manager: IBackgroundCopyManager,
  known: Map<string, string>,
  name: string,
  url: string,
  localName: string,
  options: DownloadOptions,
): Promise<IBackgroundCopyJob> {
  const id = known.get(name);
  const job = id === undefined ? undefined : await stillThere(manager, id);
  if (job !== undefined) return job;
  const created = await createJob(manager, name, url, localName, options);
  known.set(name, await created.getId());
  return created;
}

async function stillThere(
  manager: IBackgroundCopyManager,
  id: string,
): Promise<IBackgroundCopyJob | undefined> {
  try {
    return await manager.getJob(id);
  } catch (error) {
    if (error instanceof DeliveryOptimizationError && error.code === 'DO_E_JOB_NOT_FOUND')
      return undefined;
    throw error;
  }
}

/** Ids of jobs that `download` made, by display name; what a data directory holds is read once. */
const unfinished = new WeakMap<IBackgroundCopyManager, Promise<Map<string, string>>>();

function unfinishedDownloads(manager: IBackgroundCopyManager): Promise<Map<string, string>> {
  const known = unfinished.get(manager) ?? readUnfinished(manager);
  unfinished.set(manager, known);
  return known;
}

async function readUnfinished(manager: IBackgroundCopyManager): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for await (const job of await manager.enumJobs()) {
    const name = await job.getDisplayName();
    if (name.startsWith(NAME_PREFIX)) known.set(name, await job.getId());
  }
  return known;
}

async function createJob(
  manager: IBackgroundCopyManager,
  name: string,
  url: string,
  localName: string,
  options: DownloadOptions,
): Promise<IBackgroundCopyJob> {
  const { sha256 } = options;
  const file: FileOptions =
    sha256 === undefined ? {} : { digest: { algorithm: 'sha-256', hex: sha256 } };
  if (manager instanceof BackgroundCopyManager) {
    return manager.createWholeJob({
      displayName: name,
      priority: priorityOf(options),
      notifyFlags: HEARD_EVENTS,
      files: [{ url, localName, options: file }],
    });
  }
  const job = await manager.createJob(name, BG_JOB_TYPE.DOWNLOAD);
  try {
    await job.addFile(url, localName, file);
    return job;
  } catch (error) {
    await job.cancel();
    throw error;
  }
}

function priorityOf({ priority }: DownloadOptions): BG_JOB_PRIORITY {
  return priority ?? BG_JOB_PRIORITY.FOREGROUND;
}

const HEARD_EVENTS = BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR | BG_NOTIFY.JOB_MODIFICATION;

const NAME_PREFIX = 'download ';
const MAX_NAME_CHARACTERS = 160;

/**
 * Tells downloads apart by everything that is demanded of the file, without showing what a URL may
 * hold in secret: the place on disk in words, all the rest as a digest.
 */
async function displayName(
  url: string,
  localName: string,
  sha256: string | undefined,
): Promise<string> {
  const facts = new TextEncoder().encode(JSON.stringify([url, localName, sha256?.toLowerCase()]));
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', facts)).toString('hex');
  return `${NAME_PREFIX}${digest} ${localName.slice(-MAX_NAME_CHARACTERS)}`;
}

async function progressOf(job: IBackgroundCopyJob): Promise<DownloadProgress> {
  const { bytesTotal, bytesTransferred } = await job.getProgress();
  return { bytesTotal: bytesTotal === BG_SIZE_UNKNOWN ? undefined : bytesTotal, bytesTransferred };
}

async function failureOf(job: IBackgroundCopyJob): Promise<DeliveryOptimizationError> {
  const failure = await job.getLastFailure();
  if (failure === null) return new DeliveryOptimizationError('E_FAIL', 'The download failed.');
  return errorOf(failure);
}

function cancelled(localName: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_ABORT', `The job for ${localName} was cancelled.`);
}

/** One manager per data directory, shared by the downloads that run at the same time. */
class SharedManager {
  static readonly #open = new Map<
    string,
    { users: number; readonly opening: Promise<IBackgroundCopyManager> }
  >();
  static #closing: Promise<void> = Promise.resolve();
  readonly manager: IBackgroundCopyManager;
  readonly #key: string;

  private constructor(key: string, manager: IBackgroundCopyManager) {
    this.#key = key;
    this.manager = manager;
  }

  static async acquire(dataDir: string | undefined): Promise<SharedManager> {
    const key = dataDir === undefined ? '' : resolve(dataDir);
    // Other people's jobs in the directory stay as they are: this is one call for one file.
    const options: OpenManagerOptions = {
      startInterrupted: false,
      ...(dataDir === undefined ? {} : { dataDir }),
    };
    const entry = this.#open.get(key) ?? {
      users: 0,
      opening: this.#closing.then(() => openManager(options)),
    };
    this.#open.set(key, entry);
    entry.users += 1;
    try {
      return new SharedManager(key, await entry.opening);
    } catch (error) {
      entry.users -= 1;
      if (entry.users === 0) this.#open.delete(key);
      throw error;
    }
  }

  async release(): Promise<void> {
    const entry = SharedManager.#open.get(this.#key);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    SharedManager.#open.delete(this.#key);
    const closed = Promise.resolve(this.manager[Symbol.asyncDispose]());
    SharedManager.#closing = closed.catch(() => undefined);
    await closed;
  }
}
