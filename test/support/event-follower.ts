import { setTimeout as sleep } from 'node:timers/promises';

import { listen, type SseEvent } from './sse-client.ts';
import { until } from './temporary.ts';

/** A listener that comes back whenever its stream ends, and goes on where it was. */
export interface EventFollower extends AsyncDisposable {
  /** All events of all streams, in the order in which they came. */
  readonly events: readonly SseEvent[];
  /** Streams that were opened. */
  readonly streams: number;
  /** Kinds of stream events that only tell of the stream itself, such as `reset`. */
  readonly strange: readonly SseEvent[];
  waitFor(what: string, isSo: (event: SseEvent) => boolean, timeoutMs?: number): Promise<SseEvent>;
}

/**
 * Follows the events of a service over its socket, through restarts.
 *
 * @param after - the place in the log from which it listens
 */
export function followEvents(socket: string, after = 0): EventFollower {
  const events: SseEvent[] = [];
  const strange: SseEvent[] = [];
  const closing = new AbortController();
  let streams = 0;
  let place = after;
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await using listener = await listen(socket, null, '/v1/events?progress=false', {
          'last-event-id': String(place),
        });
        streams += 1;
        let taken = 0;
        const take = (): void => {
          for (const event of listener.events.slice(taken)) {
            taken += 1;
            if (event.id === undefined || event.event === 'reset') {
              strange.push(event);
              continue;
            }
            events.push(event);
            place = Number(event.id);
          }
        };
        while (listener.ended === undefined && !closing.signal.aborted) {
          take();
          await sleep(5);
        }
        take();
      } catch {
        // The service is down just now, which is what this listener is for.
        await sleep(20);
      }
    }
  };
  const running = run();
  return {
    events,
    strange,
    get streams() {
      return streams;
    },
    async waitFor(what, isSo, timeoutMs = 30_000) {
      return (await until(() => events.find(isSo), { what, timeoutMs }))!;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await running;
    },
  };
}
