import { extname } from 'node:path';
import type { Worker } from 'node:worker_threads';

import type { DigestAlgorithm, FollowingDigest } from '../../ports/digester.ts';
import { DigestFollower, type DigestChannel, type DigestListener } from './digest-follower.ts';
import type { DigestReply, DigestRequest } from './digest-messages.ts';

/** A thread that reads and hashes needs little beside its one buffer. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 };

/**
 * The one thread for all digests that follow a file: started when first needed, and never again once
 * it has failed, as it does where a program was packed without its files. It keeps no process
 * running but while somebody waits for it.
 */
export class DigestThread implements DigestChannel, AsyncDisposable {
  readonly #listeners = new Map<number, DigestListener>();
  #worker: Worker | undefined;
  #ended = false;
  #lastId = 0;
  #waiting = 0;

  /** Follows a file with a digest; undefined when there can be no thread. */
  follow(algorithm: DigestAlgorithm, descriptor: number): FollowingDigest | undefined {
    return this.#ended
      ? undefined
      : new DigestFollower(this, ++this.#lastId, algorithm, descriptor);
  }

  post(request: DigestRequest, listener: DigestListener): boolean {
    const worker = this.#worker ?? this.#start();
    if (worker === undefined) return false;
    this.#listeners.set(request.id, listener);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    worker.postMessage(request);
    return true;
  }

  silence(id: number): void {
    this.#listeners.delete(id);
  }

  async waitFor<T>(promise: Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.#worker?.ref();
    try {
      return await promise;
    } finally {
      if (--this.#waiting === 0) this.#worker?.unref();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#worker?.terminate();
  }

  #start(): Worker | undefined {
    if (this.#ended) return undefined;
    // The file beside this one, compiled or not.
    const file = new URL(`./digest-worker${extname(import.meta.url)}`, import.meta.url);
    // Loaded now, because most processes never get here.
    const threads = process.getBuiltinModule('node:worker_threads');
    let worker: Worker;
    try {
      worker = new threads.Worker(file, { execArgv: [], resourceLimits: RESOURCE_LIMITS });
    } catch {
      // Where threads are not to be had, digests are computed without one.
      this.#ended = true;
      return undefined;
    }
    this.#worker = worker;
    worker.on('message', (reply: DigestReply) => this.#listeners.get(reply.id)?.replied(reply));
    // It is followed by the exit, which says all there is to say: nobody needs the thread.
    worker.on('error', () => {});
    worker.on('exit', () => this.#end());
    worker.unref();
    return worker;
  }

  #end(): void {
    this.#ended = true;
    this.#worker = undefined;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const each of listeners) each.gone();
  }
}
