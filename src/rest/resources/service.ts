import type { Failure, StateName } from './common.ts';

/** A rate in force, and what sets it. */
export interface LimitRule {
  /** Null: no limit. */
  readonly bytesPerSecond: number | null;
  readonly rule: string;
}

export interface Limits {
  readonly total: LimitRule;
  readonly foreground: LimitRule;
  readonly background: LimitRule;
  readonly job: LimitRule;
  readonly linkBytesPerSecond: number | null;
  readonly nextChangeAt: string | null;
}

export interface LimitsChange {
  readonly total?: number | null | undefined;
  readonly foreground?: number | null | undefined;
  readonly background?: number | null | undefined;
  readonly job?: number | null | undefined;
}

export interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly provider: 'default' | 'system' | 'user' | 'environment' | 'override' | 'flag';
  readonly source: string | null;
}
export interface Config {
  readonly settings: readonly Setting[];
}
export interface ConfigChange {
  readonly set: Readonly<Record<string, unknown>>;
}

export interface PolicyTest {
  readonly when?: string | undefined;
  readonly network?: string | undefined;
  readonly battery?: string | number | undefined;
  readonly vpn?: boolean | undefined;
}
export interface PolicyTestResult {
  readonly limits: Limits;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly settings: readonly Setting[];
  readonly jobs: readonly {
    readonly id: string;
    readonly displayName: string;
    readonly state: StateName;
    readonly wouldRun: boolean;
    readonly code: string | null;
    readonly reason: string | null;
    readonly unblockedBy: string | null;
  }[];
  readonly truncated: boolean;
}

export interface Network {
  readonly online: boolean;
  readonly costState: number;
  readonly cost: string;
  readonly cellular: boolean | null;
  readonly vpn: boolean | null;
  readonly onBattery: boolean | null;
  readonly batteryPercent: number | null;
}

export interface Stats {
  readonly jobsByState: Readonly<Record<string, number>>;
  readonly running: { readonly foreground: number; readonly background: number };
  readonly bytesPerSecond: number;
  readonly months: readonly {
    readonly month: string;
    readonly source: string;
    readonly bytesDown: number;
    readonly bytesUp: number;
  }[];
}

export interface Service {
  readonly version: string;
  readonly pid: number;
  readonly node: string;
  readonly startedAt: string;
  readonly user: string;
  readonly administrator: boolean;
  readonly caller: string;
  readonly dataDirectory: string;
  readonly listeners: readonly string[];
  readonly lastEvent: number;
  readonly memoryBytes: number;
  readonly problems: readonly string[];
}

export interface Reloaded {
  readonly changed: readonly string[];
  readonly needRestart: readonly string[];
}

export interface Logs {
  readonly lines: readonly string[];
}
export interface LogsQuery {
  readonly limit: number;
}
export interface LogsQueryInput {
  readonly limit?: unknown;
}

export interface Health {
  readonly status: string;
}

/** Why a job is where it is. */
export interface Explanation {
  readonly id: string;
  readonly state: StateName;
  readonly summary: string;
  readonly reasons: readonly {
    readonly rule: string;
    readonly code: string | null;
    readonly message: string;
    readonly unblockedBy: string | null;
    readonly until: string | null;
  }[];
  readonly block: {
    readonly rule: string;
    readonly code: string;
    readonly message: string;
    readonly unblockedBy: string;
  } | null;
  readonly slot: {
    readonly kind: 'foreground' | 'background';
    readonly running: number;
    readonly slots: number;
    readonly ahead: number;
  };
  readonly limits: {
    readonly total: LimitRule;
    readonly kind: LimitRule;
    readonly job: LimitRule;
  };
  readonly sources: readonly {
    readonly fileIndex: number;
    readonly kind: string;
    readonly url: string;
    readonly considered: string;
  }[];
  readonly error: Failure | null;
  readonly retryAt: string | null;
  readonly noProgressDeadline: string | null;
  readonly expectedFinish: string | null;
}
