import { fastify, type FastifyInstance, LogController } from 'fastify';

import { KeyedSerial } from '../../engine/service/keyed-serial.ts';
import type { TransferService } from '../../engine/service/transfer-service.ts';
import { ROUTES } from '../../rest/routes.ts';
import type { ApiOptions } from './api-options.ts';
import { PendingStreams } from './downloads/pending-streams.ts';
import { EventStreams } from './events/event-streams.ts';
import { answerClientError } from './http/client-error.ts';
import { commonHeaders } from './http/common-headers.ts';
import { readJsonBodies } from './http/parse-json.ts';
import { OpenStreams } from './http/open-streams.ts';
import { Refusal } from './http/refusal.ts';
import { sendProblem } from './http/send-problem.ts';
import { DEFAULT_API_LIMITS, type ApiLimits } from './limits.ts';
import { ApiMetrics } from './metrics/api-metrics.ts';
import type { ApiParts } from './handlers/handler.ts';
import { registerRoutes, takesHead } from './register-routes.ts';
import { assertNotForged } from './security/guard.ts';
import type { ServiceHost } from './service-host.ts';

/**
 * The REST interface for one listener: whoever calls it opens it with `listen`, and closes it. All
 * listeners of one service share what is counted, who listens, and the streams that are read.
 */
export function createApi(options: ApiOptions): FastifyInstance {
  const limits = { ...DEFAULT_API_LIMITS, ...options.limits };
  const parts = partsOf(options.service, options.host, limits);
  const open = new OpenStreams();
  const app = fastify({
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    // Requests are counted, not logged: their queries and paths are the callers' own.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // A service that stops answers what it has been asked; only then do its listeners close.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => {
      void reply.headers(commonHeaders());
      sendProblem(error, request, reply);
    },
    clientErrorHandler: answerClientError,
    http: {
      maxHeaderSize: limits.headBytes,
      headersTimeout: limits.headTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.headTimeoutMs / 4)),
    },
  });
  app.server.maxConnections = limits.connections;
  readJsonBodies(app, limits.jsonDepth);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(commonHeaders());
    assertNotForged(options.listener, request.raw);
  });
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request) => {
    throw unknownRoute(request.method, request.url);
  });
  // Streams would keep the server from closing for as long as their clients stay.
  app.addHook('preClose', async () => open.close());
  registerRoutes(app, { ...parts, open }, options);
  return app;
}

/** Shared by the listeners of a service, and gone with it. */
const shared = new WeakMap<TransferService, ApiParts>();

function partsOf(service: TransferService, host: ServiceHost, limits: ApiLimits): ApiParts {
  const known = shared.get(service);
  if (known !== undefined) return known;
  const events = new EventStreams(service, limits);
  const metrics = new ApiMetrics(service, () => events.count);
  const parts = {
    service,
    host,
    limits,
    events,
    metrics,
    streams: new PendingStreams(),
    changes: new KeyedSerial(),
  };
  shared.set(service, parts);
  return parts;
}

/** 404 for a path that is none of ours, 405 for a method that one of ours does not have. */
function unknownRoute(method: string, url: string): Refusal {
  const path = url.split('?', 1)[0]!;
  const methods = Object.values(ROUTES)
    .filter((route) => patternOf(route.path).test(path))
    .flatMap((route): string[] => (takesHead(route) ? [route.method, 'HEAD'] : [route.method]));
  if (methods.length === 0) {
    return new Refusal(404, 'E_NOTIMPL', `There is nothing under ${path}; see /openapi.json.`);
  }
  const allow = [...new Set(methods)].join(', ');
  return new Refusal(405, 'E_NOTIMPL', `${path} takes ${allow}, not ${method}.`, {
    headers: { allow },
  });
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
}
