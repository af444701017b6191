import { messageOf } from '../../core/errors.ts';
import type { EventRecord } from '../../core/facts/event.ts';
import type { JobFacts } from '../../core/facts/job-facts.ts';
import type { Hook } from '../../ports/hook.ts';
import type { Engine } from '../engine.ts';
import { jobFactsOf } from '../service/facts-of.ts';
import type { EventHub } from '../service/event-hub.ts';
import { pause } from '../transfer/pause.ts';
import { PLACE_PREFIX, placeOf } from './owed-events.ts';

/** How long and how often a hook is tried. */
export interface HookRetry {
  /** Milliseconds before the second attempt; doubled before each further one. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** An event that could not be delivered for this long is given up, with a warning. */
  readonly giveUpAfterMs: number;
}

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
  /** How far each hook has come, and how far the store knows of it. */
  readonly #places = new Map<string, number>();
  readonly #stored = new Map<string, number>();

  constructor(engine: Engine, hub: EventHub, hooks: readonly Hook[], retry: HookRetry) {
    this.#engine = engine;
    this.#hub = hub;
    this.#retry = retry;
    this.#forgetOthers(hooks);
    this.#ends = hooks.map((hook) => this.#follow(hook));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('The hooks are closed.'));
    await Promise.all(this.#ends);
  }

  /** Tells a hook of events until the hooks are closed. What goes wrong is tried again after a while. */
  async #follow(hook: Hook): Promise<void> {
    const { clock } = this.#engine.ports;
    const { minDelayMs, maxDelayMs } = this.#retry;
    const { signal } = this.#closing;
    let place = this.#placeOf(hook);
    for (let delayMs = minDelayMs; ; delayMs = Math.min(maxDelayMs, delayMs * 2)) {
      try {
        await this.#tellFrom(place, hook);
      } catch (error) {
        if (signal.aborted) return;
        this.#warn(hook, `it is followed again: ${reasonOf(error)}`);
      }
      const reached = this.#places.get(hook.name) ?? place;
      if (reached > place) delayMs = minDelayMs;
      place = reached;
      try {
        await pause(clock, delayMs, signal);
      } catch {
        return;
      }
    }
  }

  async #tellFrom(place: number, hook: Hook): Promise<never> {
    using subscription = this.#hub.subscribe(place, {});
    for (;;) {
      const batch = await subscription.next(this.#closing.signal);
      if (batch.kind === 'reset') {
        this.#warn(hook, `events up to ${batch.trimmed} are gone from the log and were not told`);
        this.#keepPlace(hook, batch.trimmed);
        continue;
      }
      for (const event of batch.events) await this.#tell(hook, event);
      // What the hook did not want is passed by without a word to the disk for each.
      this.#keepPlace(hook, this.#places.get(hook.name) ?? place);
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
      if (!hook.wants(event, job)) {
        this.#places.set(hook.name, event.sequence);
        return;
      }
      try {
        await hook.deliver({ event, job, attempt }, signal);
        break;
      } catch (error) {
        signal.throwIfAborted();
        const message = reasonOf(error);
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
    const place = placeOf(notes.get(PLACE_PREFIX + hook.name)) ?? events.lastSequence;
    this.#keepPlace(hook, place);
    return place;
  }

  #keepPlace(hook: Hook, sequence: number): void {
    this.#places.set(hook.name, sequence);
    if (this.#stored.get(hook.name) === sequence) return;
    this.#stored.set(hook.name, sequence);
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

/** Without the full stop, for the middle of a sentence. */
function reasonOf(error: unknown): string {
  return messageOf(error).replace(/\.$/, '');
}
