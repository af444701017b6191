import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Caller } from '../../engine/service/transfer-service.ts';
import { CONTRACT, type RouteSchemas } from '../../rest/contract.ts';
import { type Route, type RouteName, ROUTES } from '../../rest/routes.ts';
import type { ApiOptions } from './api-options.ts';
import { downloadHandlers } from './handlers/downloads.ts';
import { fileHandlers } from './handlers/files.ts';
import type { ApiParts, Call, Handlers } from './handlers/handler.ts';
import { jobFactHandlers } from './handlers/job-facts.ts';
import { jobHandlers } from './handlers/jobs.ts';
import { serviceHandlers } from './handlers/service.ts';
import { assertMatches } from './http/conditions.ts';
import { validateRequest } from './http/validate-request.ts';
import { assertAdministrator, callerOf } from './security/guard.ts';

const HANDLERS: Handlers<RouteName> = {
  ...jobHandlers,
  ...fileHandlers,
  ...jobFactHandlers,
  ...downloadHandlers,
  ...serviceHandlers,
};

/** Stands for whoever calls a public route; owns nothing and may do nothing. */
const NOBODY: Caller = { user: '', administrator: false };

const LISTS_FILES: ReadonlySet<RouteName> = new Set(['createJob', 'addFiles']);
const STREAMS: ReadonlySet<RouteName> = new Set(['streamEvents', 'readDownload']);

/** Puts every route of the table on the server: who calls, what is asked, and the handler's answer. */
export function registerRoutes(
  app: FastifyInstance,
  parts: ApiParts & Pick<Call<RouteName>, 'open'>,
  options: Pick<ApiOptions, 'authenticator' | 'listener' | 'checkAnswers'>,
): void {
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const route: Route = ROUTES[name];
    const callers = new WeakMap<FastifyRequest, Caller>();
    app.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      exposeHeadRoute: takesHead(route),
      bodyLimit: LISTS_FILES.has(name) ? parts.limits.fileListBytes : parts.limits.bodyBytes,
      // Before the body is read: who may not call is not listened to either.
      onRequest: async (request) => {
        if (route.access === 'public') return;
        const caller = callerOf(options.listener, options.authenticator, request.raw);
        if (route.access === 'administrator') assertAdministrator(caller);
        callers.set(request, caller);
      },
      handler: async (request, reply) => {
        const caller = callers.get(request) ?? NOBODY;
        const call = { ...parts, ...validateRequest(name, request), caller, request, reply };
        const answer = changesJob(route)
          ? await parts.changes.run(jobIdOf(call), () => changed(name, call as Call<RouteName>))
          : await handle(name, call);
        const { response }: RouteSchemas = CONTRACT[name];
        // Handlers of anything but JSON have answered themselves.
        if (response === undefined) return reply;
        if (options.checkAnswers === true) response.parse(answer);
        return reply.code(route.status).send(answer);
      },
      onResponse: async (_request, reply) => {
        const seconds = STREAMS.has(name) ? undefined : reply.elapsedTime / 1_000;
        parts.metrics.count(name, reply.raw.statusCode, seconds);
      },
    });
  }
}

/** Whether a route answers HEAD as it does GET. A HEAD of a stream would never end. */
export function takesHead(route: Route): boolean {
  return route.method === 'GET' && route !== ROUTES.streamEvents && route !== ROUTES.readDownload;
}

function changesJob({ method, path }: Route): boolean {
  return method !== 'GET' && path.startsWith('/v1/jobs/{id}');
}

/** Of a route below a job. */
function jobIdOf({ params }: { readonly params: unknown }): string {
  return (params as { readonly id: string }).id;
}

async function changed(name: RouteName, call: Call<RouteName>): Promise<unknown> {
  const { service, caller, request } = call;
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined) {
    assertMatches(ifMatch, service.facts(caller, jobIdOf(call)).revision);
  }
  return handle(name, call);
}

function handle(name: RouteName, call: Call<RouteName>): unknown {
  // The compiler cannot see that name and call belong together; the table above made them so.
  const handler = HANDLERS[name] as (call: Call<RouteName>) => unknown;
  return handler(call);
}
