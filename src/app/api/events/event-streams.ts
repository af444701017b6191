import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Caller, TransferService } from '../../../engine/service/transfer-service.ts';
import type { ParsedQuery } from '../../../rest/contract.ts';
import { commonHeaders } from '../http/common-headers.ts';
import { badRequest, Refusal } from '../http/refusal.ts';
import type { OpenStreams } from '../http/open-streams.ts';
import type { ApiLimits } from '../limits.ts';
import { EventListener } from './event-listener.ts';
import { ProgressTicker } from './progress-ticker.ts';

/** The open event streams of a service, over all its listeners. */
export class EventStreams {
  readonly #service: TransferService;
  readonly #limits: ApiLimits;
  readonly #listeners = new Set<EventListener>();
  readonly #progress: ProgressTicker;

  constructor(service: TransferService, limits: ApiLimits) {
    this.#service = service;
    this.#limits = limits;
    this.#progress = new ProgressTicker(service, limits.progressMs);
  }

  get count(): number {
    return this.#listeners.size;
  }

  /** Turns an answer into a stream of events. Refusals are thrown before anything is sent. */
  open(
    caller: Caller,
    query: ParsedQuery<'streamEvents'>,
    {
      request,
      reply,
      open,
    }: {
      readonly request: FastifyRequest;
      readonly reply: FastifyReply;
      readonly open: OpenStreams;
    },
  ): void {
    const after = placeOf(request, query) ?? this.#service.eventBounds().last;
    if (this.#listeners.size >= this.#limits.eventListeners) {
      throw new Refusal(
        503,
        'ERROR_NO_SYSTEM_RESOURCES',
        `${this.#limits.eventListeners} listeners are the most that are served at once.`,
        { headers: { 'retry-after': '5' } },
      );
    }
    const { job, owner } = query;
    const subscription = this.#service.subscribe(caller, {
      after,
      ...(job === undefined ? {} : { jobId: job }),
      ...(owner === undefined ? {} : { owner }),
    });
    reply.hijack();
    const listener = new EventListener(reply.raw, subscription, this.#limits, after);
    this.#listeners.add(listener);
    // In good order: the client comes back, or finds that the service has stopped.
    const ended = open.add(() => listener.close());
    // A job is heard of whoever it belongs to: that the caller may was checked by subscribing.
    const stopProgress = query.progress
      ? this.#progress.add(listener, {
          ...(job === undefined ? {} : { jobId: job }),
          owner: job !== undefined || owner === '*' ? undefined : (owner ?? caller.user),
        })
      : undefined;
    void listener
      .run({ ...commonHeaders(), 'content-type': 'text/event-stream; charset=utf-8' })
      .catch((error: unknown) => {
        request.log.error({ err: error }, 'an event stream broke off');
      })
      .finally(() => {
        this.#listeners.delete(listener);
        stopProgress?.();
        ended();
      });
  }
}

/** After which event the stream begins; undefined: from now on. */
function placeOf(request: FastifyRequest, query: ParsedQuery<'streamEvents'>): number | undefined {
  const header = request.headers['last-event-id'];
  // An EventSource that never got an event may send an empty one.
  if (header === undefined || header === '') return query.after;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw badRequest('headers.last-event-id', 'must be the id of an event, a decimal number');
}
