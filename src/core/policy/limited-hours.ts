import type { LimitedHours } from './policies.ts';

/** A moment of the local week, as people read it off a clock on the wall. */
export interface LocalMoment {
  /** Minutes after local midnight, 0 to 1439. */
  readonly minuteOfDay: number;
  /** 0 Sunday to 6 Saturday. */
  readonly weekday: number;
  /** Milliseconds that have gone by of the minute, 0 to 59,999. Default 0. */
  readonly msOfMinute?: number;
}

const DAY_MINUTES = 1_440;
const WEEK_DAYS = 7;

/** Whether a moment lies inside the hours: from the first minute up to and without the last. */
export function isInside(hours: LimitedHours, { minuteOfDay, weekday }: LocalMoment): boolean {
  const length = lengthMinutes(hours);
  // Hours span at most a day, so those that hold now began today or yesterday.
  return [0, 1].some((daysAgo) => {
    const sinceBegin = daysAgo * DAY_MINUTES + minuteOfDay - hours.fromMinute;
    return sinceBegin >= 0 && sinceBegin < length && beginsOn(hours, weekday - daysAgo);
  });
}

/** Percent in force at a moment; undefined, no limit, where the hours say 0. */
export function hoursPercent(hours: LimitedHours, moment: LocalMoment): number | undefined {
  const percent = isInside(hours, moment) ? hours.insidePercent : hours.outsidePercent;
  return percent === 0 ? undefined : percent;
}

/**
 * Milliseconds until the hours give another percentage; undefined when they never do.
 *
 * Counted on a week without a change between summer and winter time, by a clock that nobody sets: a
 * timer for it should wait a minute or so at most, and then ask again.
 */
export function nextHoursChangeMs(hours: LimitedHours, moment: LocalMoment): number | undefined {
  const now = hoursPercent(hours, moment);
  for (let day = 0; day <= WEEK_DAYS; day++) {
    const weekday = (moment.weekday + day) % WEEK_DAYS;
    for (const minuteOfDay of borders(hours)) {
      const minutes = day * DAY_MINUTES + minuteOfDay - moment.minuteOfDay;
      if (minutes > 0 && hoursPercent(hours, { minuteOfDay, weekday }) !== now) {
        return minutes * 60_000 - (moment.msOfMinute ?? 0);
      }
    }
  }
  return undefined;
}

/** Minutes from begin to end; equal ends are a whole day. */
function lengthMinutes({ fromMinute, toMinute }: LimitedHours): number {
  return toMinute > fromMinute ? toMinute - fromMinute : toMinute - fromMinute + DAY_MINUTES;
}

function beginsOn({ days }: LimitedHours, weekday: number): boolean {
  return days === undefined || days.includes((weekday + WEEK_DAYS) % WEEK_DAYS);
}

/** The two minutes of a day at which something may change, the earlier one first. */
function borders({ fromMinute, toMinute }: LimitedHours): readonly number[] {
  return fromMinute < toMinute ? [fromMinute, toMinute] : [toMinute, fromMinute];
}
