import type { EventRecord } from '../../core/facts/event.ts';
import type { JobFacts } from '../../core/facts/job-facts.ts';
import type { Hook } from '../../ports/hook.ts';
import type { Engine } from '../engine.ts';
import { jobFactsOf } from '../service/facts-of.ts';
import type { EventHub } from '../service/event-hub.ts';
import { pause } from '../transfer/pause.ts';

/** How long and how often a hook is tried. */
export interface HookRetry {
  /** Milliseconds before the second attempt; doubled before each further one. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** An event that could not be delivered for this long is given up, with a warning. */
  readonly giveUpAfterMs: number;
}

/** Names of the notes that keep each hook's place. */
const PLACE_PREFIX = 'hook/';

/**
 * Tells hooks of events: at least once, in order, one at a time for each hook. A hook's place in the
 * event log is stored after each delivery, so a restart repeats at most the event under way. Hooks
 * do not wait for each other, and nothing of the engine waits for a hook.
 */
export class HookDispatcher implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #hub: EventHub;
  readonly #retry: HookRetry;
  readonly #closing = new AbortController();
  readonly #ends: readonly Promise<void>[];
  readonly #places = new Map<string, number>();

  constructor(engine: Engine, hub: EventHub, hooks: readonly Hook[], retry: HookRetry) {
    this.#engine = engine;
    this.#hub = hub;
    this.#retry = retry;
    this.#forgetOthers(hooks);
    this.#ends = hooks.map((hook) => this.#follow(hook));
  }

  /** Events after this one are still owed to some hook; undefined without hooks. */
  get owedFrom(): number | undefined {
    return this.#places.size === 0 ? undefined : Math.min(...this.#places.values());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('The hooks are closed.'));
    await Promise.all(this.#ends);
  }

  async #follow(hook: Hook): Promise<void> {
    const { signal } = this.#closing;
    const start = this.#placeOf(hook);
    using subscription = this.#hub.subscribe(start, {});
    try {
      for (;;) {
        const batch = await subscription.next(signal);
        if (batch.kind === 'reset') {
          this.#warn(hook, `events up to ${batch.trimmed} are gone from the log and were not told`);
          this.#keepPlace(hook, batch.trimmed);
          continue;
        }
        for (const event of batch.events) await this.#tell(hook, event);
      }
    } catch (error) {
      if (!signal.aborted) this.#warn(hook, `it stopped: ${messageOf(error)}`);
    }
  }

  async #tell(hook: Hook, event: EventRecord): Promise<void> {
    const { clock } = this.#engine.ports;
    const { minDelayMs, maxDelayMs, giveUpAfterMs } = this.#retry;
    const { signal } = this.#closing;
    const startedMs = clock.nowMs();
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const job = this.#jobOf(event);
      if (!hook.wants(event, job)) break;
      try {
        await hook.deliver({ event, job, attempt }, signal);
        break;
      } catch (error) {
        signal.throwIfAborted();
        const message = messageOf(error);
        if (clock.nowMs() - startedMs >= giveUpAfterMs) {
          this.#warn(hook, `event ${event.sequence} is given up: ${message}`);
          break;
        }
        if (attempt === 1) this.#warn(hook, `event ${event.sequence} is told again: ${message}`);
        await pause(clock, Math.min(maxDelayMs, minDelayMs * 2 ** (attempt - 1)), signal);
      }
    }
    this.#keepPlace(hook, event.sequence);
  }

  #jobOf(event: EventRecord): JobFacts | undefined {
    const live = this.#engine.jobs.find(event.jobId);
    return live === undefined ? undefined : jobFactsOf(this.#engine, live, 0);
  }

  /** A hook that is new hears of what happens from now on. */
  #placeOf(hook: Hook): number {
    const { notes, events } = this.#engine.ports.store;
    // 0 is a place too: that of a hook which has had no event yet and is owed the first one.
    const known = Number(notes.get(PLACE_PREFIX + hook.name) ?? Number.NaN);
    const place = Number.isSafeInteger(known) && known >= 0 ? known : events.lastSequence;
    this.#keepPlace(hook, place);
    return place;
  }

  #keepPlace(hook: Hook, sequence: number): void {
    this.#places.set(hook.name, sequence);
    this.#engine.attempt(`store the place of hook ${hook.name}`, () =>
      this.#engine.ports.store.notes.set(PLACE_PREFIX + hook.name, String(sequence)),
    );
  }

  #forgetOthers(hooks: readonly Hook[]): void {
    const { notes } = this.#engine.ports.store;
    const names = new Set(hooks.map((hook) => PLACE_PREFIX + hook.name));
    for (const { name } of notes.list(PLACE_PREFIX)) if (!names.has(name)) notes.delete(name);
  }

  #warn(hook: Hook, what: string): void {
    this.#engine.settings.onWarning(`Hook ${hook.name}: ${what}.`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
