import * as z from 'zod';

import type * as T from '../resources/service.ts';
import { Bytes, BytesPerSecond, Failure, Id, Limit, StateName, Time } from './common.ts';

const Rule = z.strictObject({
  bytesPerSecond: BytesPerSecond.nullable().describe('Null: no limit'),
  rule: z.string().describe('What sets it'),
});

export const Limits: z.ZodType<T.Limits, T.Limits> = z.strictObject({
  total: Rule,
  foreground: Rule,
  background: Rule,
  job: Rule.describe('Of each job that has no limit of its own'),
  linkBytesPerSecond: z.number().nullable().describe('Bandwidth that percentages are of'),
  nextChangeAt: Time.nullable(),
});

export const LimitsChange: z.ZodType<T.LimitsChange, T.LimitsChange> = z.strictObject({
  total: BytesPerSecond.nullable().optional(),
  foreground: BytesPerSecond.nullable().optional(),
  background: BytesPerSecond.nullable().optional(),
  job: BytesPerSecond.nullable().optional(),
});

export const Setting: z.ZodType<T.Setting, T.Setting> = z.strictObject({
  key: z.string(),
  value: z.unknown(),
  provider: z.enum(['default', 'system', 'user', 'environment', 'override', 'flag']),
  source: z.string().nullable().describe('File or variable'),
});
export const Config: z.ZodType<T.Config, T.Config> = z.strictObject({ settings: z.array(Setting) });
export const ConfigChange: z.ZodType<T.ConfigChange, T.ConfigChange> = z.strictObject({
  set: z
    .record(z.string().max(200), z.unknown())
    .describe('Key to value; null removes the override'),
});

export const PolicyTest: z.ZodType<T.PolicyTest, T.PolicyTest> = z.strictObject({
  when: z.string().max(100).optional(),
  network: z.string().max(40).optional(),
  battery: z.union([z.string().max(10), z.number()]).optional(),
  vpn: z.boolean().optional(),
});
export const PolicyTestResult: z.ZodType<T.PolicyTestResult, T.PolicyTestResult> = z.strictObject({
  limits: Limits,
  facts: z.record(z.string(), z.unknown()),
  settings: z.array(Setting),
  jobs: z.array(
    z.strictObject({
      id: Id,
      displayName: z.string(),
      state: StateName,
      wouldRun: z.boolean(),
      code: z.string().nullable(),
      reason: z.string().nullable(),
      unblockedBy: z.string().nullable(),
    }),
  ),
  truncated: z.boolean(),
});

export const Network: z.ZodType<T.Network, T.Network> = z.strictObject({
  online: z.boolean(),
  costState: z.int(),
  cost: z.string(),
  cellular: z.boolean().nullable(),
  vpn: z.boolean().nullable(),
  onBattery: z.boolean().nullable(),
  batteryPercent: z.number().nullable(),
});

export const Stats: z.ZodType<T.Stats, T.Stats> = z.strictObject({
  jobsByState: z.record(z.string(), z.int()),
  running: z.strictObject({ foreground: z.int(), background: z.int() }),
  bytesPerSecond: z.number(),
  /** Disjoint sources; the newest month first. */
  months: z.array(
    z.strictObject({
      month: z.string(),
      source: z.string(),
      bytesDown: Bytes,
      bytesUp: Bytes,
    }),
  ),
});

export const Service: z.ZodType<T.Service, T.Service> = z.strictObject({
  version: z.string(),
  pid: z.int(),
  node: z.string(),
  startedAt: Time,
  user: z.string(),
  administrator: z.boolean().describe('Whether the caller may do everything'),
  caller: z.string(),
  dataDirectory: z.string(),
  listeners: z.array(z.string()),
  lastEvent: z.int(),
  memoryBytes: Bytes,
  problems: z.array(z.string()).describe('What is wrong with the service itself'),
});

export const Reloaded: z.ZodType<T.Reloaded, T.Reloaded> = z.strictObject({
  changed: z.array(z.string()),
  needRestart: z.array(z.string()).describe('Changed settings that only a restart applies'),
});

export const Logs: z.ZodType<T.Logs, T.Logs> = z.strictObject({ lines: z.array(z.string()) });
export const LogsQuery: z.ZodType<T.LogsQuery, T.LogsQueryInput> = z.strictObject({
  limit: Limit,
});

export const Health: z.ZodType<T.Health, T.Health> = z.strictObject({ status: z.string() });

const Blocked = z.strictObject({
  rule: z.string(),
  code: z.string(),
  message: z.string(),
  unblockedBy: z.string(),
});

/** Why a job is where it is. */
export const Explanation: z.ZodType<T.Explanation, T.Explanation> = z.strictObject({
  id: Id,
  state: StateName,
  /** One sentence that answers the question. */
  summary: z.string(),
  /** Each rule that blocks or delays it, the deciding one first. */
  reasons: z.array(
    z.strictObject({
      rule: z.string(),
      code: z.string().nullable(),
      message: z.string(),
      unblockedBy: z.string().nullable().describe('What would end it; null: nothing needs to'),
      until: Time.nullable(),
    }),
  ),
  block: Blocked.nullable(),
  slot: z.strictObject({
    kind: z.enum(['foreground', 'background']),
    running: z.int(),
    slots: z.int(),
    ahead: z.int().describe('Queued jobs before it'),
  }),
  limits: z.strictObject({
    total: Rule,
    kind: Rule,
    job: Rule,
  }),
  sources: z.array(
    z.strictObject({
      fileIndex: z.int(),
      kind: z.string(),
      url: z.string(),
      considered: z.string().describe('Used, idle, or why not'),
    }),
  ),
  error: Failure.nullable(),
  retryAt: Time.nullable(),
  noProgressDeadline: Time.nullable(),
  /** From the present rate and what is left; null when nothing can be said. */
  expectedFinish: Time.nullable(),
});
