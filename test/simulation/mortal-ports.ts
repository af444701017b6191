import type { Clock } from '../../src/ports/clock.ts';
import type { JobStore } from '../../src/ports/job-store.ts';
import { MemoryJobStore, MemoryJobStoreDisk } from '../support/memory-job-store.ts';
import type { MemoryPartialFiles } from '../support/memory-partial-files.ts';

/** How a process ends without a word: it is killed, or the power goes. */
export type Death = 'written' | 'flushed';

/** What outlives a process. */
export interface Remains {
  readonly disk: MemoryPartialFiles;
  readonly store: MemoryJobStoreDisk;
  /** What a power cut may still leave of the store: a killed process flushes nothing. */
  readonly history?: readonly MemoryJobStoreDisk['content'][];
  /** Another one after a power cut. */
  readonly bootId: string;
}

/** Calls that change the store. */
const CHANGES: ReadonlySet<string> = new Set<string>([
  'acknowledge',
  'commit',
  'checkpoint',
  'setDiscarded',
  'purgeFinal',
  'saveCustomHeaders',
]);

/** Those of them that a power cut may take back, until `flushed` has resolved. */
const UNFLUSHED: ReadonlySet<string> = new Set<string>(['acknowledge', 'commit', 'setDiscarded']);

/**
 * The stateful ports of one process, which can die between any two calls of them. From then on its
 * timers are silent, its disk refuses, and what it still stores goes nowhere.
 */
export class MortalPorts {
  readonly clock: Clock;
  readonly store: JobStore;
  readonly disk: MemoryPartialFiles;
  readonly #storeDisk: MemoryJobStoreDisk;
  readonly #bootId: string;
  readonly #deathAt: (calls: number) => Death | undefined;
  /** What the store may look like after a power cut: its content since the last flushed commit. */
  #history: MemoryJobStoreDisk['content'][];
  #calls = 0;
  #remains: Remains | undefined;

  /**
   * @param deathAt - asked before and after every call of the store and before every one of the
   *   disk, with their number so far
   * @param afterStoreCall - hears of each call of the store that took effect while alive
   */
  constructor(
    world: {
      readonly clock: Clock;
      readonly remains: Remains;
      readonly pick: (count: number) => number;
    },
    deathAt: (calls: number) => Death | undefined,
    beforeCall: (port: 'store' | 'disk', name: string, path: string) => void,
    afterStoreCall: (name: string, argument: unknown) => void,
  ) {
    const { remains } = world;
    this.disk = remains.disk;
    this.#storeDisk = remains.store;
    this.#bootId = remains.bootId;
    this.#deathAt = deathAt;
    this.#history = [...(remains.history ?? [remains.store.content])];
    this.#pick = world.pick;
    this.clock = {
      nowMs: () => world.clock.nowMs(),
      wallMs: () => world.clock.wallMs(),
      after: (delayMs, callback) =>
        this.isAlive
          ? world.clock.after(delayMs, () => {
              if (this.isAlive) callback();
            })
          : () => {},
    };
    this.disk.onCall = ({ name, path }) => {
      this.#called();
      if (this.isAlive) beforeCall('disk', name, path);
    };
    this.store = this.#watched(
      new MemoryJobStore(this.#storeDisk, this.#bootId),
      (name) => beforeCall('store', name, ''),
      afterStoreCall,
    );
  }

  readonly #pick: (count: number) => number;

  get isAlive(): boolean {
    return this.#remains === undefined;
  }

  /** What the next process finds. */
  get remains(): Remains {
    if (this.#remains === undefined) throw new Error('The process is alive.');
    return this.#remains;
  }

  /** Ends the process here and now. */
  die(how: Death): void {
    if (!this.isAlive) return;
    const store = new MemoryJobStoreDisk();
    store.content =
      how === 'written'
        ? this.#storeDisk.content
        : this.#history[this.#pick(this.#history.length)]!;
    const bootId = how === 'written' ? this.#bootId : `${this.#bootId}+`;
    const history = how === 'written' ? this.#history : [store.content];
    this.#remains = { disk: this.disk.crash(how), store, history, bootId };
  }

  /** The process has ended in good order. */
  end(): void {
    this.#remains ??= {
      disk: this.disk.crash('written'),
      store: this.#storeDisk,
      bootId: this.#bootId,
    };
  }

  #called(): void {
    this.#calls += 1;
    const how = this.isAlive ? this.#deathAt(this.#calls) : undefined;
    if (how !== undefined) this.die(how);
  }

  #watched(
    store: MemoryJobStore,
    before: (name: string) => void,
    after: (name: string, argument: unknown) => void,
  ): JobStore {
    return new Proxy<JobStore>(store, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (key === 'flushed') return () => this.#flushed(store);
        if (typeof value !== 'function' || typeof key !== 'string' || !CHANGES.has(key)) {
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return (...args: unknown[]): unknown => {
          this.#called();
          if (this.isAlive) before(key);
          const result: unknown = value.apply(target, args);
          const alive = this.isAlive;
          if (alive) {
            const [argument] = args;
            this.#note(key, argument);
            after(key, argument);
          }
          this.#called();
          return result;
        };
      },
    });
  }

  /** Takes a moment, in which more is stored and the process may die. */
  async #flushed(store: MemoryJobStore): Promise<void> {
    this.#called();
    const { content } = this.#storeDisk;
    await store.flushed();
    this.#called();
    const covered = this.#history.indexOf(content);
    if (this.isAlive && covered !== -1) this.#history = this.#history.slice(covered);
  }

  #note(name: string, argument: unknown): void {
    const { content } = this.#storeDisk;
    const mayBeLost =
      name === 'checkpoint'
        ? (argument as { readonly durability: string }).durability !== 'flushed'
        : UNFLUSHED.has(name) && (argument as { readonly flushed?: boolean }).flushed !== true;
    if (mayBeLost) this.#history.push(content);
    else this.#history = [content];
  }
}
