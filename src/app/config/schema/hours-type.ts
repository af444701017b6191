import * as z from 'zod';

import type { LimitedHours } from '../../../core/policy/policies.ts';
import { table } from './list-types.ts';
import { percent } from './scalar-types.ts';
import { found, type ValueType, valueType } from './value-type.ts';

/** Names of the days, Sunday first as in Date. */
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** The number of a day, 0 Sunday to 6 Saturday, from its name or the first three letters of it. */
export function parseWeekday(text: string): number | undefined {
  const word = text.trim().toLowerCase();
  const day = DAYS.findIndex(
    (name) => name === word || (word.length >= 3 && name.startsWith(word)),
  );
  return day === -1 ? undefined : day;
}

/** Minutes after midnight, from a time such as `08:00`. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

const time: ValueType<number> = valueType('a time of day, such as "08:00"', (raw) =>
  found(typeof raw === 'string' ? parseTimeOfDay(raw) : undefined),
);

const day: ValueType<number> = valueType('a day of the week, such as "mon"', (raw) =>
  found(typeof raw === 'string' ? parseWeekday(raw) : undefined),
);

const DAY_LIST = 'expected a list of one to seven days, such as ["mon", "tue"]';

/** Hours of the day with percentages of their own, as in DOSetHoursToLimit…DownloadBandwidth. */
export const limitedHours: ValueType<LimitedHours> = table(
  'a table such as { from = "08:00", to = "18:00", inside_percent = 30 }',
  {
    from: time.schema,
    to: time.schema,
    days: z
      .array(day.schema, { error: DAY_LIST })
      .min(1, { error: DAY_LIST })
      .max(7, { error: DAY_LIST })
      .optional(),
    inside_percent: percent().schema.optional(),
    outside_percent: percent().schema.optional(),
  },
  ({ from, to, days, inside_percent: inside, outside_percent: outside }): LimitedHours => ({
    fromMinute: from,
    toMinute: to,
    ...(days === undefined ? {} : { days: [...new Set(days)].toSorted((a, b) => a - b) }),
    insidePercent: inside ?? 0,
    outsidePercent: outside ?? 0,
  }),
  ({ inside_percent: inside, outside_percent: outside }) =>
    inside === undefined && outside === undefined
      ? 'hours without a percentage limit nothing: give inside_percent, outside_percent or both'
      : undefined,
);
