import { hoursPercent, isInside, type LocalMoment, nextHoursChangeMs } from './limited-hours.ts';
import type { Policies, TrafficPolicy } from './policies.ts';

/** What the limits depend on besides the policies. */
export interface LimitConditions {
  readonly moment: LocalMoment;
  /** The best rate measured lately, in bytes per second; undefined before anything was measured. */
  readonly measuredBytesPerSecond?: number | undefined;
}

/** A key of the configuration that limits a rate. */
export type LimitRule =
  | 'bandwidth.total'
  | 'jobs.rate'
  | 'bandwidth.foreground'
  | 'bandwidth.foreground_percent'
  | 'bandwidth.foreground_hours'
  | 'bandwidth.background'
  | 'bandwidth.background_percent'
  | 'bandwidth.background_hours';

/** What one rule says at the moment. */
export interface LimitTerm {
  readonly rule: LimitRule;
  /** What it allows; undefined when it puts no limit on the rate just now. */
  readonly bytesPerSecond: number | undefined;
  /** The percentage behind it; absent for rates given as such. */
  readonly percent?: number;
  /** A sentence for people where the value needs one. */
  readonly note?: string;
}

/** A limit in force, and why it is what it is. */
export interface EffectiveLimit {
  /** undefined is no limit, 0 lets nothing pass. */
  readonly bytesPerSecond: number | undefined;
  /** The rule that gave the value; undefined without a limit. */
  readonly rule: LimitRule | undefined;
  /** Every rule that is set, in force or not. */
  readonly terms: readonly LimitTerm[];
}

export interface EffectiveLimits {
  /** Over everything. */
  readonly total: EffectiveLimit;
  /** Over all foreground jobs, and over all others. */
  readonly foreground: EffectiveLimit;
  readonly background: EffectiveLimit;
  /** Of each job that has no limit of its own. */
  readonly job: EffectiveLimit;
  /** Milliseconds until hours of the day change a percentage, see `nextHoursChangeMs`. */
  readonly nextChangeMs: number | undefined;
}

/** What the limits read of the policies. */
export type LimitPolicies = Pick<
  Policies,
  'totalBytesPerSecond' | 'jobBytesPerSecond' | 'foreground' | 'background' | 'linkBytesPerSecond'
>;

/**
 * The limits in force at a moment.
 *
 * Of several rules for one kind of traffic the strictest wins (policies.md 1.7, rule 5). A
 * percentage of a link whose bandwidth nobody knows is no limit, and its term says so; nor is 100
 * percent one, for a limit at the best rate so far would keep a better one from being seen.
 */
export function effectiveLimits(
  policies: LimitPolicies,
  { moment, measuredBytesPerSecond }: LimitConditions,
): EffectiveLimits {
  const link = policies.linkBytesPerSecond ?? measuredBytesPerSecond;
  const changes = [policies.foreground, policies.background]
    .map(({ hours }) => (hours === undefined ? undefined : nextHoursChangeMs(hours, moment)))
    .filter((ms) => ms !== undefined);
  return {
    total: strictest([absolute('bandwidth.total', policies.totalBytesPerSecond)]),
    foreground: strictest(trafficTerms('foreground', policies.foreground, moment, link)),
    background: strictest(trafficTerms('background', policies.background, moment, link)),
    job: strictest([absolute('jobs.rate', policies.jobBytesPerSecond)]),
    nextChangeMs: changes.length === 0 ? undefined : Math.min(...changes),
  };
}

/** What one job without a limit of its own may use at most, and the rule that says so. */
export function rateOf(
  limits: EffectiveLimits,
  foreground: boolean,
): { readonly bytesPerSecond: number | undefined; readonly rule: LimitRule | undefined } {
  const { total, job } = limits;
  const kind = foreground ? limits.foreground : limits.background;
  return strictest([total, kind, job].flatMap(({ terms }) => terms));
}

function trafficTerms(
  kind: 'foreground' | 'background',
  policy: TrafficPolicy,
  moment: LocalMoment,
  link: number | undefined,
): readonly (LimitTerm | undefined)[] {
  return [
    absolute(`bandwidth.${kind}`, policy.bytesPerSecond),
    policy.percent === undefined
      ? undefined
      : relative(`bandwidth.${kind}_percent`, policy.percent, link),
    policy.hours === undefined
      ? undefined
      : hoursTerm(`bandwidth.${kind}_hours`, policy.hours, moment, link),
  ];
}

function absolute(rule: LimitRule, bytesPerSecond: number | undefined): LimitTerm | undefined {
  return bytesPerSecond === undefined ? undefined : { rule, bytesPerSecond };
}

function hoursTerm(
  rule: LimitRule,
  hours: NonNullable<TrafficPolicy['hours']>,
  moment: LocalMoment,
  link: number | undefined,
): LimitTerm {
  const percent = hoursPercent(hours, moment);
  const where = isInside(hours, moment) ? 'inside' : 'outside';
  if (percent === undefined) {
    return { rule, bytesPerSecond: undefined, percent: 0, note: `No limit ${where} its hours.` };
  }
  const { note, ...term } = relative(rule, percent, link);
  return { ...term, note: `${percent} percent ${where} its hours.${note ? ` ${note}` : ''}` };
}

function relative(rule: LimitRule, percent: number, link: number | undefined): LimitTerm {
  if (percent >= 100) return { rule, bytesPerSecond: undefined, percent };
  // A link measured at 0 is one that was not used: a share of nothing would stop it for ever.
  if (link === undefined || link <= 0) {
    const note = 'The bandwidth of the link is not known yet, so this is no limit.';
    return { rule, bytesPerSecond: undefined, percent, note };
  }
  return { rule, percent, bytesPerSecond: Math.max(1, Math.floor((link * percent) / 100)) };
}

function strictest(all: readonly (LimitTerm | undefined)[]): EffectiveLimit {
  const terms = all.filter((term) => term !== undefined);
  let winner: LimitTerm | undefined;
  for (const term of terms) {
    if (term.bytesPerSecond === undefined) continue;
    if (winner?.bytesPerSecond === undefined || term.bytesPerSecond < winner.bytesPerSecond) {
      winner = term;
    }
  }
  return { bytesPerSecond: winner?.bytesPerSecond, rule: winner?.rule, terms };
}
