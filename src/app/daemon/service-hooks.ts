import { isDeepStrictEqual } from 'node:util';

import type { Engine } from '../../engine/engine.ts';
import { HookDispatcher } from '../../engine/hooks/hook-dispatcher.ts';
import type { EventHub } from '../../engine/service/event-hub.ts';
import type { NotifyConfig } from '../config/config.ts';
import { makeHooks } from './make-hooks.ts';

/** The hooks of a service: those its configuration names, and others once it names others. */
export class ServiceHooks implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #hub: EventHub;
  #notify: NotifyConfig | undefined;
  #dispatcher: HookDispatcher | undefined;

  constructor(engine: Engine, hub: EventHub) {
    this.#engine = engine;
    this.#hub = hub;
  }

  /** Puts a configuration in force; hooks that stay go on at their place. */
  async apply(notify: NotifyConfig): Promise<void> {
    // By value: a secret that changed is not told apart where settings are shown.
    if (isDeepStrictEqual(notify, this.#notify)) return;
    this.#notify = notify;
    await this.#stop();
    this.#dispatcher = new HookDispatcher(this.#engine, this.#hub, makeHooks(notify), {
      minDelayMs: notify.retryMinMs,
      maxDelayMs: notify.retryMaxMs,
      giveUpAfterMs: notify.giveUpAfterMs,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const before = this.#dispatcher;
    this.#dispatcher = undefined;
    await before?.[Symbol.asyncDispose]();
  }
}
