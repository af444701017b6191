import type { FastifyReply, FastifyRequest } from 'fastify';

import type { KeyedSerial } from '../../../engine/service/keyed-serial.ts';
import type { Caller, TransferService } from '../../../engine/service/transfer-service.ts';
import type { Answer } from '../../../rest/contract.ts';
import type { RouteName } from '../../../rest/routes.ts';
import type { EventStreams } from '../events/event-streams.ts';
import type { PendingStreams } from '../downloads/pending-streams.ts';
import type { OpenStreams } from '../http/open-streams.ts';
import type { ParsedRequest } from '../http/validate-request.ts';
import type { ApiLimits } from '../limits.ts';
import type { ApiMetrics } from '../metrics/api-metrics.ts';
import type { ServiceHost } from '../service-host.ts';

/** What handlers work with. */
export interface ApiParts {
  readonly service: TransferService;
  readonly host: ServiceHost;
  readonly limits: ApiLimits;
  readonly metrics: ApiMetrics;
  readonly events: EventStreams;
  readonly streams: PendingStreams;
  /** Changes of one job come one after the other: nothing happens between If-Match and change. */
  readonly changes: KeyedSerial;
}

/** One request: checked, and with the caller known. */
export interface Call<Name extends RouteName> extends ParsedRequest<Name>, ApiParts {
  /** Who calls; on a public route possibly nobody, and then nothing may depend on it. */
  readonly caller: Caller;
  /** The streams of this listener. */
  readonly open: OpenStreams;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What a route does: one call of the service, and its result as REST shows it. */
export type Handler<Name extends RouteName> = (
  call: Call<Name>,
) => Answer<Name> | Promise<Answer<Name>>;

/** Handlers for some of the routes. */
export type Handlers<Name extends RouteName> = { readonly [Key in Name]: Handler<Key> };
