import { setTimeout as sleep } from 'node:timers/promises';

import type { StreamedEvent } from '../../../rest/event-stream.ts';
import { EventStream } from '../../../rest/event-stream.ts';
import type { ServiceLink } from './service-link.ts';

/** What a command wants to hear. */
export interface EventWish {
  /** Only events of this job. */
  readonly job?: string;
  readonly owner?: string;
  /** Default true. */
  readonly progress?: boolean;
  /** Events after this one come first. */
  readonly after?: number;
  onEvent(event: StreamedEvent): void;
  /** Events may have been missed. */
  onGap(): void;
  /** Hears once that the service went away, and once that it is heard again. */
  tell(line: string): void;
}

/**
 * The event stream of the service, kept up by itself until disposed of.
 *
 * @throws DO_E_NO_SERVICE, or the service's refusal, when it cannot be opened
 */
export async function openEvents(link: ServiceLink, wish: EventWish): Promise<EventStream> {
  let away = false;
  const back = (): void => {
    if (away) wish.tell('The service is back.');
    away = false;
  };
  const stream = new EventStream({
    client: link.rest,
    ...(wish.job !== undefined && { job: wish.job }),
    ...(wish.owner !== undefined && { owner: wish.owner }),
    ...(wish.after !== undefined && { after: wish.after }),
    progress: wish.progress ?? true,
    onEvent(event) {
      back();
      wish.onEvent(event);
    },
    onGap() {
      back();
      wish.onGap();
    },
    onLost() {
      if (!away) wish.tell('The service went away; waiting for it to come back.');
      away = true;
    },
    sleep: (delayMs, signal) => sleep(delayMs, undefined, { signal }),
    random: Math.random,
  });
  await stream.open();
  return stream;
}
