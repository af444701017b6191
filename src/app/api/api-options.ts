import type { FastifyBaseLogger } from 'fastify';

import type { TransferService } from '../../engine/service/transfer-service.ts';
import type { ApiLimits } from './limits.ts';
import type { ListenerRules } from './security/guard.ts';
import type { Authenticator, ServiceHost } from './service-host.ts';

/** What a listener of the REST interface is made of. */
export interface ApiOptions {
  readonly service: TransferService;
  readonly host: ServiceHost;
  readonly authenticator: Authenticator;
  readonly listener: ListenerRules;
  /** Hears of failures that are the service's own. No request's token, query or body is logged. */
  readonly logger?: FastifyBaseLogger;
  readonly limits?: Partial<ApiLimits>;
  /** Compares every answer with its schema, and fails when they differ. For tests. */
  readonly checkAnswers?: boolean;
}
