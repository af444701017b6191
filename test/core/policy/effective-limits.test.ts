import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  effectiveLimits,
  type LimitPolicies,
  rateOf,
} from '../../../src/core/policy/effective-limits.ts';
import type { LimitedHours } from '../../../src/core/policy/policies.ts';

const MONDAY_TEN = { minuteOfDay: 600, weekday: 1 };
const MONDAY_NIGHT = { minuteOfDay: 1_380, weekday: 1 };
const OFFICE: LimitedHours = {
  fromMinute: 480,
  toMinute: 1_080,
  insidePercent: 20,
  outsidePercent: 0,
};
const NONE: LimitPolicies = { foreground: {}, background: {} };

test('without policies there is no limit, no rule and no next change', () => {
  const limits = effectiveLimits(NONE, { moment: MONDAY_TEN, measuredBytesPerSecond: 1e6 });
  for (const limit of [limits.total, limits.foreground, limits.background, limits.job]) {
    assert.deepEqual(limit, { bytesPerSecond: undefined, rule: undefined, terms: [] });
  }
  assert.equal(limits.nextChangeMs, undefined);
});

test('every limit names its rule', () => {
  const limits = effectiveLimits(
    {
      totalBytesPerSecond: 4_000,
      jobBytesPerSecond: 1_000,
      foreground: { bytesPerSecond: 3_000 },
      background: { bytesPerSecond: 0 },
    },
    { moment: MONDAY_TEN },
  );
  const facts = Object.entries(limits).map(([name, limit]) =>
    typeof limit === 'object' ? [name, limit.bytesPerSecond, limit.rule] : [name],
  );
  assert.deepEqual(facts, [
    ['total', 4_000, 'bandwidth.total'],
    ['foreground', 3_000, 'bandwidth.foreground'],
    ['background', 0, 'bandwidth.background'],
    ['job', 1_000, 'jobs.rate'],
    ['nextChangeMs'],
  ]);
});

test('of a rate, a share and the hours the strictest wins, whichever it is', () => {
  const link = 1_000_000;
  const cases = [
    [100_000, 50, 'bandwidth.background', 100_000],
    [900_000, 10, 'bandwidth.background_percent', 100_000],
    [900_000, 50, 'bandwidth.background_hours', 200_000],
  ] as const;
  for (const [bytesPerSecond, percent, rule, expected] of cases) {
    const { background } = effectiveLimits(
      {
        ...NONE,
        linkBytesPerSecond: link,
        background: { bytesPerSecond, percent, hours: OFFICE },
      },
      { moment: MONDAY_TEN },
    );
    assert.equal(background.rule, rule);
    assert.equal(background.bytesPerSecond, expected);
    assert.equal(background.terms.length, 3, 'those that lost are told too');
  }
});

test('the limit in force is never looser than any rule', () => {
  const share = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });
  const speed = fc.option(fc.nat(10_000_000), { nil: undefined });
  fc.assert(
    fc.property(speed, share, speed, fc.boolean(), (rate, percent, link, withHours) => {
      const background = {
        ...(rate === undefined ? {} : { bytesPerSecond: rate }),
        ...(percent === undefined ? {} : { percent }),
        ...(withHours ? { hours: OFFICE } : {}),
      };
      const { background: limit } = effectiveLimits(
        { ...NONE, background },
        { moment: MONDAY_TEN, measuredBytesPerSecond: link },
      );
      const given = limit.terms.map((term) => term.bytesPerSecond).filter((b) => b !== undefined);
      assert.equal(limit.bytesPerSecond, given.length === 0 ? undefined : Math.min(...given));
      assert.equal(limit.rule === undefined, limit.bytesPerSecond === undefined);
      // A share alone never stops everything: only a rate of 0 does.
      if (limit.bytesPerSecond === 0) assert.equal(rate, 0);
    }),
  );
});

test('a share of a link nobody has measured is no limit, and says so', () => {
  for (const measuredBytesPerSecond of [undefined, 0]) {
    const { foreground } = effectiveLimits(
      { ...NONE, foreground: { percent: 50 } },
      { moment: MONDAY_TEN, measuredBytesPerSecond },
    );
    assert.equal(foreground.bytesPerSecond, undefined);
    assert.match(foreground.terms[0]?.note ?? '', /not known yet/);
  }
});

test('a configured bandwidth of the link comes before the measured one', () => {
  const { foreground } = effectiveLimits(
    { ...NONE, linkBytesPerSecond: 1_000, foreground: { percent: 50 } },
    { moment: MONDAY_TEN, measuredBytesPerSecond: 9_000_000 },
  );
  assert.equal(foreground.bytesPerSecond, 500);
});

test('100 percent does not hold the link to the best rate it had so far', () => {
  const { foreground } = effectiveLimits(
    { ...NONE, foreground: { percent: 100 } },
    { moment: MONDAY_TEN, measuredBytesPerSecond: 1_000 },
  );
  assert.equal(foreground.bytesPerSecond, undefined);
});

test('a share is at least one byte a second', () => {
  const { foreground } = effectiveLimits(
    { ...NONE, linkBytesPerSecond: 10, foreground: { percent: 1 } },
    { moment: MONDAY_TEN },
  );
  assert.equal(foreground.bytesPerSecond, 1);
});

test('hours limit inside and, with 0 outside, leave the rest alone', () => {
  const policies = { ...NONE, linkBytesPerSecond: 1_000, background: { hours: OFFICE } };
  const inside = effectiveLimits(policies, { moment: MONDAY_TEN });
  assert.equal(inside.background.bytesPerSecond, 200);
  assert.match(inside.background.terms[0]?.note ?? '', /20 percent inside its hours/);
  const outside = effectiveLimits(policies, { moment: MONDAY_NIGHT });
  assert.equal(outside.background.bytesPerSecond, undefined);
  assert.match(outside.background.terms[0]?.note ?? '', /No limit outside its hours/);
});

test('the next change is that of the hours which change first', () => {
  const limits = effectiveLimits(
    {
      ...NONE,
      background: { hours: OFFICE },
      foreground: { hours: { ...OFFICE, toMinute: 660 } },
    },
    { moment: { ...MONDAY_TEN, msOfMinute: 30_000 } },
  );
  assert.equal(limits.nextChangeMs, 60 * 60_000 - 30_000);
});

test('a job may use what the strictest of all, its kind and each job leaves it', () => {
  const policies: LimitPolicies = {
    totalBytesPerSecond: 500,
    jobBytesPerSecond: 400,
    foreground: {},
    background: { bytesPerSecond: 300 },
  };
  const limits = effectiveLimits(policies, { moment: MONDAY_TEN });
  const { bytesPerSecond, rule } = rateOf(limits, false);
  assert.deepEqual([bytesPerSecond, rule], [300, 'bandwidth.background']);
  const foreground = rateOf(limits, true);
  assert.deepEqual([foreground.bytesPerSecond, foreground.rule], [400, 'jobs.rate']);
});
