import { BG_JOB_STATE } from '../../core/constants.ts';
import type { LimitRule } from '../../core/policy/effective-limits.ts';
import type { EffectiveLimit, EffectiveLimits } from '../../core/policy/effective-limits.ts';
import { describeCost, type NetworkFacts } from '../../core/policy/network-facts.ts';
import { formatRate } from '../../core/units.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Caller, TransferService } from '../../engine/service/transfer-service.ts';
import type { Answer, Body } from '../../rest/contract.ts';
import { stateName } from '../api/dto/names.ts';
import type { ServiceHost } from '../api/service-host.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { testPolicies } from '../config/policy-test.ts';
import type { LiveConfig } from './live-config.ts';
import type { ServiceLog } from './log.ts';

/** Jobs that a policy test looks at. */
const TESTED_JOBS = 500;

/** States in which a job runs as soon as it may. */
const WANTS_TO_RUN: ReadonlySet<BG_JOB_STATE> = new Set([
  BG_JOB_STATE.QUEUED,
  BG_JOB_STATE.TRANSFERRING,
  BG_JOB_STATE.TRANSIENT_ERROR,
]);
const NOT_WANTED = 'No rule keeps it from running; nobody has started it, or it is done.';

/** The process as the routes see it. */
export interface HostParts {
  readonly startedAtMs: number;
  readonly user: string;
  readonly engine: Engine;
  readonly service: TransferService;
  readonly config: LiveConfig;
  readonly log: ServiceLog;
  readonly listeners: () => readonly string[];
  readonly ready: () => boolean;
  readonly stop: () => void;
}

export function serviceHost(parts: HostParts): ServiceHost {
  const { engine, config, log } = parts;
  const limits = (): Answer<'getLimits'> =>
    limitsAnswer(
      engine.policy.limits,
      engine.policy.meter.linkBytesPerSecond,
      engine.ports.clock.wallMs(),
    );
  return {
    startedAtMs: parts.startedAtMs,
    dataDirectory: config.current.values.daemon.dataDir,
    user: parts.user,
    listeners: parts.listeners,
    problems: () => [
      ...engine.ports.store.unreadable().map(({ jobId, reason }) => `Job ${jobId}: ${reason}`),
      ...config.current.warnings,
    ],
    ready: parts.ready,
    stop: parts.stop,
    logs: (limit) => log.recent(limit),
    limits,
    async changeLimits(change) {
      await config.set(settingsOfLimits(change));
      return limits();
    },
    config: () => configAnswer(config.current),
    async changeConfig({ set }) {
      await config.set(set);
      return configAnswer(config.current);
    },
    testPolicy: (caller, wanted) => policyAnswer(parts, caller, wanted),
    network: () => networkAnswer(engine.ports.network.current()),
    async reload() {
      const { changed, needRestart } = await config.reload();
      return { changed: [...changed], needRestart: [...needRestart] };
    },
  };
}

/** Limits in the words of the configuration: the keys they are stored under. */
function settingsOfLimits(change: Body<'changeLimits'>): Record<string, unknown> {
  const keys = {
    total: 'bandwidth.total',
    foreground: 'bandwidth.foreground',
    background: 'bandwidth.background',
    job: 'jobs.rate',
  } as const;
  const set: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(keys)) {
    const rate = change[name as keyof typeof keys];
    if (rate === undefined) continue;
    set[key] = rate === null ? 'unlimited' : `${rate}B/s`;
  }
  return set;
}

function limitsAnswer(
  limits: EffectiveLimits,
  linkBytesPerSecond: number | undefined,
  nowMs: number,
): Answer<'getLimits'> {
  return {
    total: limitAnswer(limits.total),
    foreground: limitAnswer(limits.foreground),
    background: limitAnswer(limits.background),
    job: limitAnswer(limits.job),
    linkBytesPerSecond: linkBytesPerSecond ?? null,
    nextChangeAt:
      limits.nextChangeMs === undefined
        ? null
        : new Date(nowMs + limits.nextChangeMs).toISOString(),
  };
}

function limitAnswer({ bytesPerSecond, rule, terms }: EffectiveLimit): {
  bytesPerSecond: number | null;
  rule: string;
} {
  return { bytesPerSecond: bytesPerSecond ?? null, rule: rule ?? notesOf(terms) };
}

/** Without a limit: what the rules that are set say about it. */
function notesOf(terms: EffectiveLimit['terms']): string {
  const notes = terms.flatMap(({ rule, note }: { rule: LimitRule; note?: string }) =>
    note === undefined ? [] : [`${rule}: ${note}`],
  );
  return notes.length === 0 ? 'no limit' : notes.join(' ');
}

function configAnswer({ provenance }: LoadedConfig): Answer<'getConfig'> {
  return {
    settings: provenance.map(({ key, value, provider, source }) => ({
      key,
      value,
      provider,
      source: source === '' ? null : source,
    })),
  };
}

function networkAnswer(facts: NetworkFacts): Answer<'getNetwork'> {
  return {
    online: facts.online,
    costState: facts.costState,
    cost: describeCost(facts.costState),
    cellular: facts.cellular ?? null,
    vpn: facts.vpn ?? null,
    onBattery: facts.onBattery ?? null,
    batteryPercent: facts.batteryPercent ?? null,
  };
}

function policyAnswer(
  { engine, service, config }: HostParts,
  caller: Caller,
  { when, network, battery, vpn }: Body<'testPolicy'>,
): Answer<'testPolicy'> {
  const nowMs = engine.ports.clock.wallMs();
  const tested = testPolicies(
    config.current,
    { when, network, battery: battery === undefined ? undefined : String(battery), vpn },
    {
      now: new Date(nowMs),
      facts: engine.ports.network.current(),
      measuredBytesPerSecond: engine.policy.meter.linkBytesPerSecond,
    },
  );
  const { jobs, nextAfterId } = service.page(caller, {
    limit: TESTED_JOBS,
    includeFinal: false,
    family: 'both',
    ...(caller.administrator ? { owner: '*' } : {}),
  });
  return {
    limits: limitsAnswer(tested.limits, engine.policy.meter.linkBytesPerSecond, nowMs),
    facts: { ...networkAnswer(tested.facts), moment: tested.moment },
    settings: configAnswer({ ...config.current, provenance: tested.values }).settings,
    jobs: jobs.map(({ id, displayName, state }) => {
      const { runs, blocks, bytesPerSecond, limitedBy } = tested.verdict(
        engine.scheduler.traitsOf(engine.jobs.get(id)),
      );
      const [block] = blocks;
      const wanted = WANTS_TO_RUN.has(state);
      const limited =
        bytesPerSecond === 0 ? `${limitedBy ?? 'A limit'} is ${formatRate(0)}.` : undefined;
      return {
        id,
        displayName,
        state: stateName(state),
        wouldRun: wanted && runs,
        code: block?.failure.code ?? null,
        reason: block?.failure.message ?? limited ?? (wanted ? null : NOT_WANTED),
        unblockedBy: block?.unblockedBy ?? (wanted ? null : 'Resume the job.'),
      };
    }),
    truncated: nextAfterId !== undefined,
  };
}
