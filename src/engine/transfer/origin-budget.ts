/** One file's stake in the connections of an origin. */
export interface OriginShare {
  /** Connections this file may have just now, at least 1. */
  maximum(): number;
  /** Files that wait for a connection to the origin. */
  waiting(): number;
  /** Waits for a first connection, or for one more; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Takes a connection if one is free. */
  tryAcquire(): boolean;
  release(): void;
  /** Ends the stake, once every connection has been released. */
  leave(): void;
}

interface Waiter {
  readonly foreground: boolean;
  readonly grant: () => void;
}

interface OriginState {
  used: number;
  files: number;
  readonly waiters: Waiter[];
}

/**
 * Keeps the number of connections to each origin under one cap, over all jobs. Files that share an
 * origin share its connections evenly; a newcomer waits only until somebody with more than its
 * share has let one go.
 */
export class OriginBudget {
  #cap: number;
  readonly #origins = new Map<string, OriginState>();

  constructor(cap: number) {
    this.#cap = cap;
  }

  /** Another cap, for connections that are asked for from now on. */
  setCap(cap: number): void {
    this.#cap = cap;
  }

  join(origin: string, foreground: boolean): OriginShare {
    const state = this.#origins.get(origin) ?? { used: 0, files: 0, waiters: [] };
    this.#origins.set(origin, state);
    state.files += 1;
    let left = false;
    const release = (): void => {
      const next = takeFirst(state.waiters);
      // The place goes straight to who waits, so nobody can slip in between.
      if (next === undefined) state.used -= 1;
      else next.grant();
    };
    return {
      maximum: () => Math.max(1, Math.floor(this.#cap / state.files)),
      waiting: () => state.waiters.length,
      acquire: (signal) => this.#wait(state, foreground, signal),
      tryAcquire: () => {
        if (state.used >= this.#cap) return false;
        state.used += 1;
        return true;
      },
      release,
      leave: () => {
        if (left) return;
        left = true;
        state.files -= 1;
        if (state.files === 0 && state.used === 0) this.#origins.delete(origin);
      },
    };
  }

  #wait(state: OriginState, foreground: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (state.used < this.#cap) {
      state.used += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        state.waiters.splice(state.waiters.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        foreground,
        grant: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      state.waiters.push(waiter);
    });
  }
}

/** Foreground before background, otherwise first come, first served. */
function takeFirst(waiters: Waiter[]): Waiter | undefined {
  const index = waiters.findIndex((waiter) => waiter.foreground);
  return waiters.splice(index === -1 ? 0 : index, 1)[0];
}
