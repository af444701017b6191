import { DeliveryOptimizationError } from '../../../core/errors.ts';
import type { BG_JOB_STATE } from '../../../core/constants.ts';
import { openApiDocument } from '../../../rest/openapi.ts';
import { CONTRACT } from '../../../rest/contract.ts';
import { stateName, timeOf } from '../dto/names.ts';
import { serverVersion } from '../package-version.ts';
import type { Handlers } from './handler.ts';

const VERSION: string = serverVersion();

export const serviceHandlers: Handlers<
  | 'getLimits'
  | 'changeLimits'
  | 'getConfig'
  | 'changeConfig'
  | 'testPolicy'
  | 'getNetwork'
  | 'getStats'
  | 'getService'
  | 'reloadService'
  | 'stopService'
  | 'listLogs'
  | 'health'
  | 'ready'
  | 'metrics'
  | 'openapi'
> = {
  getLimits: ({ host }) => host.limits(),
  changeLimits: ({ host, body }) => host.changeLimits(body),
  getConfig: ({ host }) => host.config(),
  changeConfig: ({ host, body }) => host.changeConfig(body),
  testPolicy: ({ host, caller, body }) => host.testPolicy(caller, body),
  getNetwork: ({ host }) => host.network(),

  getStats({ service, caller }) {
    const { jobsByState, running, bytesPerSecond, months } = service.statistics(caller);
    return {
      jobsByState: Object.fromEntries(
        [...jobsByState].map(([state, count]) => [stateName(state satisfies BG_JOB_STATE), count]),
      ),
      running: { ...running },
      bytesPerSecond,
      months: months.map(({ month, source, bytesDown, bytesUp }) => ({
        month,
        source,
        bytesDown,
        bytesUp,
      })),
    };
  },

  getService: ({ service, host, caller }) => ({
    version: VERSION,
    pid: process.pid,
    node: process.version,
    startedAt: timeOf(host.startedAtMs),
    user: host.user,
    administrator: caller.administrator,
    caller: caller.user,
    dataDirectory: host.dataDirectory,
    listeners: [...host.listeners()],
    lastEvent: service.eventBounds().last,
    memoryBytes: process.memoryUsage.rss(),
    problems: [...host.problems()],
  }),

  reloadService: ({ host }) => host.reload(),

  stopService({ host }) {
    host.stop();
    return {};
  },

  listLogs: ({ host, query }) => ({ lines: [...host.logs(query.limit)] }),

  health: () => ({ status: 'alive' }),

  ready({ host }) {
    if (host.ready()) return { status: 'ready' };
    throw new DeliveryOptimizationError(
      'DO_E_NO_SERVICE',
      'The service is starting or stopping and does not accept calls just now.',
    );
  },

  async metrics({ metrics, caller, reply }) {
    void reply.type(CONTRACT.metrics.produces).send(await metrics.text(caller));
    return undefined;
  },

  openapi: () => openApiDocument(),
};
