import { DeliveryOptimizationError } from '../../core/errors.ts';
import { type EffectiveMode, effectiveMode } from '../../core/policy/download-mode.ts';
import {
  type EffectiveLimits,
  effectiveLimits,
  type LimitRule,
  rateOf,
} from '../../core/policy/effective-limits.ts';
import type { LocalMoment } from '../../core/policy/limited-hours.ts';
import { NETWORK_COSTS, type NetworkFacts } from '../../core/policy/network-facts.ts';
import { type JobTraits, type PolicyBlock, policyBlocks } from '../../core/policy/policy-block.ts';
import type { ProvidedValue } from './assemble.ts';
import type { LoadedConfig } from './load-config.ts';
import { overrideFacts } from './policies-of.ts';
import { parseTimeOfDay, parseWeekday } from './schema/hours-type.ts';
import { scalarFromText } from './schema/value-type.ts';
import { suggest } from './suggest.ts';

/** The situation that is asked about, in the words of the command line. */
export interface PolicyWords {
  /** `Tue 10:00`, `10:00` for today, or a date and time such as `2026-11-24T10:00`. */
  readonly when?: string | undefined;
  /** A name of a cost such as `metered`, or `none` for no network. */
  readonly network?: string | undefined;
  /** Percent of charge, which means that the machine runs on it, or `none` for mains power. */
  readonly battery?: string | undefined;
  readonly vpn?: string | boolean | undefined;
  readonly cellular?: string | boolean | undefined;
}

/** What holds where the words say nothing. */
export interface Surroundings {
  readonly now: Date;
  /** What the machine reports; an unrestricted network and mains power unless given. */
  readonly facts?: NetworkFacts | undefined;
  readonly measuredBytesPerSecond?: number | undefined;
}

/** What a job would do. */
export interface JobVerdict {
  readonly runs: boolean;
  /** Every rule that keeps it from running. */
  readonly blocks: readonly PolicyBlock[];
  /** What it may use at most; 0 keeps it from running too. undefined is no limit. */
  readonly bytesPerSecond: number | undefined;
  /** The rule behind the rate. */
  readonly limitedBy: LimitRule | undefined;
}

/** The answer to `haulyard policy test`. */
export interface PolicyTest {
  readonly moment: LocalMoment;
  readonly facts: NetworkFacts;
  readonly limits: EffectiveLimits;
  readonly downloadMode: EffectiveMode;
  /** The keys that policies come from, each with its provider. */
  readonly values: readonly ProvidedValue[];
  /** Whether a job would run, and why not. */
  verdict(job: JobTraits): JobVerdict;
}

/**
 * What the policies make of a situation.
 *
 * The words come first, then what `[network]` states, then what the machine reports.
 *
 * @throws DeliveryOptimizationError E_INVALIDARG for words that mean nothing, with an example
 */
export function testPolicies(
  config: Pick<LoadedConfig, 'values' | 'provenance' | 'policies'>,
  words: PolicyWords,
  { now, facts: reported = QUIET, measuredBytesPerSecond }: Surroundings,
): PolicyTest {
  const policies = config.policies();
  const moment = parseWhen(words.when, now);
  const facts = factsOf(words, overrideFacts(reported, config.values.network));
  const limits = effectiveLimits(policies, { moment, measuredBytesPerSecond });
  return {
    moment,
    facts,
    limits,
    downloadMode: effectiveMode(policies.downloadMode, false),
    values: config.provenance.filter(({ key }) => IS_POLICY.test(key)),
    verdict(job) {
      const blocks = policyBlocks(job, facts, policies);
      const { bytesPerSecond, rule } = rateOf(limits, job.foreground);
      const runs = blocks.length === 0 && bytesPerSecond !== 0;
      return { runs, blocks, bytesPerSecond, limitedBy: rule };
    },
  };
}

/** The moment that words for a time mean; now without words. */
export function parseWhen(words: string | undefined, now: Date): LocalMoment {
  if (words === undefined) return momentOf(now);
  const [, day, time] = /^\s*([a-z]+)?\s*(\d{1,2}:\d{2})\s*$/i.exec(words) ?? [];
  const minuteOfDay = time === undefined ? undefined : parseTimeOfDay(time);
  const weekday = day === undefined ? now.getDay() : parseWeekday(day);
  if (minuteOfDay !== undefined && weekday !== undefined) return { minuteOfDay, weekday };
  const date = parseDateTime(words.trim());
  if (date !== undefined) return momentOf(date);
  throw invalid('--when', words, '"Tue 10:00", "10:00" or "2026-11-24T10:00"');
}

/** A date as a moment of the local week. */
export function momentOf(date: Date): LocalMoment {
  return {
    minuteOfDay: date.getHours() * 60 + date.getMinutes(),
    weekday: date.getDay(),
    msOfMinute: date.getSeconds() * 1_000 + date.getMilliseconds(),
  };
}

const QUIET: NetworkFacts = { online: true, costState: NETWORK_COSTS.unrestricted };

/** Keys that policies are made of; the rest says how the service runs. */
const IS_POLICY = /^(?:bandwidth|network|peer|cache)\.|^jobs\.rate$/;

function factsOf(words: PolicyWords, base: NetworkFacts): NetworkFacts {
  const vpn = truth('--vpn', words.vpn);
  const cellular = truth('--cellular', words.cellular);
  const { batteryPercent, ...unpowered } = base;
  const power = words.battery === undefined ? { batteryPercent } : parseBattery(words.battery);
  return {
    ...unpowered,
    ...(words.network === undefined ? {} : parseNetwork(words.network)),
    ...(power.batteryPercent === undefined ? {} : { batteryPercent: power.batteryPercent }),
    ...('onBattery' in power ? { onBattery: power.onBattery } : {}),
    ...(vpn === undefined ? {} : { vpn }),
    ...(cellular === undefined ? {} : { cellular }),
  };
}

function parseNetwork(
  words: string,
): Pick<NetworkFacts, 'online'> & { readonly costState?: number } {
  const name = words.trim().toLowerCase();
  if (name === 'none') return { online: false };
  const costs: Readonly<Record<string, number>> = NETWORK_COSTS;
  const costState = Object.hasOwn(costs, name) ? costs[name] : undefined;
  if (costState !== undefined) return { online: true, costState };
  const names = ['none', ...Object.keys(NETWORK_COSTS)];
  const meant = suggest(name, names);
  throw invalid('--network', words, meant === undefined ? names.join(', ') : `"${meant}"`);
}

function parseBattery(words: string): {
  readonly onBattery: boolean;
  readonly batteryPercent?: number;
} {
  const word = words.trim().toLowerCase();
  if (word === 'none' || word === 'mains') return { onBattery: false };
  const [, digits] = /^(\d{1,3})\s*%?$/.exec(word) ?? [];
  const batteryPercent = Number(digits ?? Number.NaN);
  if (batteryPercent <= 100) return { onBattery: true, batteryPercent };
  throw invalid('--battery', words, '"30" for 30 percent, or "none" for mains power');
}

function truth(option: string, words: string | boolean | undefined): boolean | undefined {
  const value = typeof words === 'string' ? scalarFromText(words) : words;
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(option, String(words), '"yes" or "no"');
}

/** A local date and time, or one with its zone. */
function parseDateTime(words: string): Date | undefined {
  const [, day, time, zone = ''] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?$/i.exec(
      words,
    ) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  const date = new Date(`${day}T${time}${zone.toUpperCase()}`);
  // Date takes the 31st of February for a day in March.
  const exists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  return exists && !Number.isNaN(date.getTime()) ? date : undefined;
}

function invalid(option: string, words: string, examples: string): DeliveryOptimizationError {
  const message = `${option} "${words}" is not understood; write for example ${examples}.`;
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}
