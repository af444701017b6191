import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  hoursPercent,
  isInside,
  type LocalMoment,
  nextHoursChangeMs,
} from '../../../src/core/policy/limited-hours.ts';
import type { LimitedHours } from '../../../src/core/policy/policies.ts';

const WEEK_MINUTES = 7 * 1_440;
const OFFICE: LimitedHours = {
  fromMinute: 480,
  toMinute: 1_080,
  days: [1, 2, 3, 4, 5],
  insidePercent: 30,
  outsidePercent: 0,
};
const NIGHT: LimitedHours = {
  fromMinute: 1_320,
  toMinute: 360,
  days: [5],
  insidePercent: 100,
  outsidePercent: 10,
};

const hoursOfAnyKind: fc.Arbitrary<LimitedHours> = fc
  .record({
    fromMinute: fc.nat(1_439),
    toMinute: fc.nat(1_439),
    days: fc.option(fc.uniqueArray(fc.nat(6)), { nil: undefined }),
    insidePercent: fc.constantFrom(0, 30, 60),
    outsidePercent: fc.constantFrom(0, 30, 60),
  })
  .map(({ days, ...hours }) => (days === undefined ? hours : { ...hours, days }));

function at(weekday: number, hour: number, minute = 0): LocalMoment {
  return { weekday, minuteOfDay: hour * 60 + minute };
}

function momentAt(minuteOfWeek: number): LocalMoment {
  const minute = minuteOfWeek % WEEK_MINUTES;
  return { weekday: Math.floor(minute / 1_440), minuteOfDay: minute % 1_440 };
}

/** Every minute of the week inside the hours, walked one after the other from each beginning. */
function minutesInside({ fromMinute, toMinute, days }: LimitedHours): ReadonlySet<number> {
  const inside = new Set<number>();
  for (const day of days ?? [0, 1, 2, 3, 4, 5, 6]) {
    let minute = fromMinute;
    do {
      inside.add((day * 1_440 + minute) % WEEK_MINUTES);
      minute++;
    } while (minute % 1_440 !== toMinute);
  }
  return inside;
}

test('hours begin with their first minute and end before their last', () => {
  assert.equal(isInside(OFFICE, at(1, 7, 59)), false);
  assert.equal(isInside(OFFICE, at(1, 8)), true);
  assert.equal(isInside(OFFICE, at(1, 17, 59)), true);
  assert.equal(isInside(OFFICE, at(1, 18)), false);
  assert.equal(isInside(OFFICE, at(6, 10)), false, 'Saturday');
});

test('hours that span midnight belong to the day they begin on', () => {
  assert.equal(isInside(NIGHT, at(5, 21, 59)), false);
  assert.equal(isInside(NIGHT, at(5, 22)), true);
  assert.equal(isInside(NIGHT, at(6, 5, 59)), true, 'Saturday morning is the night of Friday');
  assert.equal(isInside(NIGHT, at(6, 6)), false);
  assert.equal(isInside(NIGHT, at(6, 23)), false);
  assert.equal(isInside(NIGHT, at(5, 3)), false, 'Friday morning is the night of Thursday');
});

test('the night of Saturday reaches into Sunday', () => {
  assert.equal(isInside({ ...NIGHT, days: [6] }, at(0, 1)), true);
});

test('equal ends are a whole day from that minute on', () => {
  const day = { ...OFFICE, fromMinute: 600, toMinute: 600, days: [2] };
  assert.equal(isInside(day, at(2, 9, 59)), false);
  assert.equal(isInside(day, at(2, 10)), true);
  assert.equal(isInside(day, at(3, 9, 59)), true);
  assert.equal(isInside(day, at(3, 10)), false);
});

test('a percentage of 0 is no limit', () => {
  assert.equal(hoursPercent(OFFICE, at(1, 10)), 30);
  assert.equal(hoursPercent(OFFICE, at(1, 20)), undefined);
  assert.equal(hoursPercent(NIGHT, at(1, 20)), 10);
});

test('a minute is inside exactly when walking from a beginning meets it', () => {
  fc.assert(
    fc.property(hoursOfAnyKind, (hours) => {
      const inside = minutesInside(hours);
      for (let minute = 0; minute < WEEK_MINUTES; minute++) {
        assert.equal(isInside(hours, momentAt(minute)), inside.has(minute), `minute ${minute}`);
      }
    }),
    { numRuns: 25 },
  );
});

test('the next change is the first minute with another percentage', () => {
  fc.assert(
    fc.property(hoursOfAnyKind, fc.nat(WEEK_MINUTES - 1), (hours, start) => {
      const now = hoursPercent(hours, momentAt(start));
      let minutes = 1;
      while (minutes <= WEEK_MINUTES && hoursPercent(hours, momentAt(start + minutes)) === now) {
        minutes++;
      }
      const expected = minutes > WEEK_MINUTES ? undefined : minutes * 60_000;
      assert.equal(nextHoursChangeMs(hours, momentAt(start)), expected);
    }),
  );
});

test('the milliseconds of the minute that are over count', () => {
  const moment = { ...at(1, 7, 59), msOfMinute: 59_250 };
  assert.equal(nextHoursChangeMs(OFFICE, moment), 750);
});

test('from Friday evening the office hours are two days and a half away', () => {
  assert.equal(nextHoursChangeMs(OFFICE, at(5, 20)), (2 * 24 + 12) * 3_600_000);
});

test('hours that never change anything have no next change', () => {
  assert.equal(nextHoursChangeMs({ ...OFFICE, outsidePercent: 30 }, at(1, 10)), undefined);
  assert.equal(nextHoursChangeMs({ ...OFFICE, days: [] }, at(1, 10)), undefined);
  const { days: _, ...always } = { ...OFFICE, fromMinute: 0, toMinute: 0 };
  assert.equal(nextHoursChangeMs(always, at(1, 10)), undefined);
});
