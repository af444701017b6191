import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseWhen,
  type PolicyTest,
  type PolicyWords,
  testPolicies,
} from '../../../src/app/config/policy-test.ts';
import { BITS_JOB_TRANSFER_POLICY } from '../../../src/core/constants.ts';
import type { NetworkFacts } from '../../../src/core/policy/network-facts.ts';
import type { JobTraits } from '../../../src/core/policy/policy-block.ts';
import { loadWith } from './load.ts';

/** A Monday, 14:30:15 local time. */
const NOW = new Date(2026, 10, 23, 14, 30, 15);

const BACKGROUND: JobTraits = {
  foreground: false,
  costFlags: BITS_JOB_TRANSFER_POLICY.STANDARD,
  disallowCellular: false,
  local: false,
};
const FOREGROUND: JobTraits = {
  ...BACKGROUND,
  foreground: true,
  costFlags: BITS_JOB_TRANSFER_POLICY.ALWAYS,
};

async function ask(
  flags: Readonly<Record<string, unknown>>,
  words: PolicyWords,
  facts?: NetworkFacts,
): Promise<PolicyTest> {
  return testPolicies(await loadWith(flags), words, { now: NOW, facts });
}

test('times are read as weekdays, times of today and dates', () => {
  for (const [words, weekday, minuteOfDay] of [
    ['Tue 10:00', 2, 600],
    ['sunday 0:05', 0, 5],
    [' THURS 23:59 ', 4, 1_439],
    ['10:00', 1, 600],
    ['2026-11-24T10:00', 2, 600],
    ['2026-11-24 10:00:30', 2, 600],
  ] as const) {
    const moment = parseWhen(words, NOW);
    assert.deepEqual([moment.weekday, moment.minuteOfDay], [weekday, minuteOfDay], words);
  }
  assert.deepEqual(parseWhen(undefined, NOW), {
    weekday: 1,
    minuteOfDay: 870,
    msOfMinute: 15_000,
  });
});

test('a date with its zone is turned into local time', () => {
  const date = new Date('2026-11-24T10:00:00Z');
  const moment = parseWhen('2026-11-24T10:00:00Z', NOW);
  assert.equal(moment.weekday, date.getDay());
  assert.equal(moment.minuteOfDay, date.getHours() * 60 + date.getMinutes());
});

test('words that mean nothing are refused with an example', async () => {
  for (const when of [
    'noon',
    'Tu 10:00',
    'Tue 24:00',
    'Tue',
    '2026-02-31T10:00',
    '2026-13-01T10:00',
  ])
    assert.throws(() => parseWhen(when, NOW), /--when .*write for example "Tue 10:00"/, when);
  await assert.rejects(ask({}, { network: 'meterd' }), /--network "meterd".*"metered"/);
  await assert.rejects(ask({}, { network: 'constructor' }), /--network/);
  await assert.rejects(ask({}, { battery: '101' }), /--battery/);
  await assert.rejects(ask({}, { battery: 'half' }), /--battery/);
  await assert.rejects(ask({}, { vpn: 'perhaps' }), /--vpn/);
});

test('the question of the documentation is answered', async () => {
  const answer = await ask(
    {
      'bandwidth.background_hours':
        '{ from = "08:00", to = "18:00", days = ["mon", "tue"], inside_percent = 10 }',
      'bandwidth.link_speed': '10MB/s',
      'network.pause_background_below_battery': '40',
    },
    { when: 'Tue 10:00', network: 'metered', battery: '30' },
  );
  assert.equal(answer.limits.background.bytesPerSecond, 1_000_000);
  assert.equal(answer.limits.background.rule, 'bandwidth.background_hours');
  assert.equal(answer.limits.nextChangeMs, 8 * 3_600_000);
  assert.deepEqual(answer.facts, {
    online: true,
    costState: 0x2,
    onBattery: true,
    batteryPercent: 30,
  });
  const background = answer.verdict(BACKGROUND);
  assert.equal(background.runs, false);
  assert.deepEqual(
    background.blocks.map(({ rule }) => rule),
    ['network.pause_background_below_battery'],
  );
  assert.equal(answer.verdict(FOREGROUND).runs, true);
  assert.equal(answer.verdict(FOREGROUND).bytesPerSecond, undefined);
});

test('costs keep the jobs from running whose flags leave them out', async () => {
  const nearCap = await ask({}, { network: 'near-cap' });
  assert.equal(nearCap.verdict(BACKGROUND).runs, false);
  assert.equal(nearCap.verdict(FOREGROUND).runs, true);
  const offline = await ask({}, { network: 'none' });
  assert.equal(offline.verdict(FOREGROUND).runs, false);
  assert.equal(offline.verdict({ ...BACKGROUND, local: true }).runs, true);
});

test('a limit of nothing keeps jobs from running too, and is named', async () => {
  const answer = await ask({ 'bandwidth.total': '0' }, {});
  const { runs, blocks, bytesPerSecond, limitedBy } = answer.verdict(FOREGROUND);
  assert.deepEqual([runs, blocks, bytesPerSecond, limitedBy], [false, [], 0, 'bandwidth.total']);
});

test('words come before the configuration, and that before the machine', async () => {
  const machine: NetworkFacts = { online: true, costState: 0x10, vpn: true, cellular: true };
  const flags = { 'network.cost': 'capped', 'network.cellular': 'false', 'network.battery': '50' };
  const quiet = await ask(flags, {}, machine);
  assert.deepEqual(quiet.facts, {
    online: true,
    costState: 0x4,
    vpn: true,
    cellular: false,
    onBattery: true,
    batteryPercent: 50,
  });
  const asked = await ask(
    flags,
    { network: 'roaming', vpn: 'no', cellular: true, battery: 'none' },
    machine,
  );
  assert.deepEqual(asked.facts, {
    online: true,
    costState: 0xc0,
    vpn: false,
    cellular: true,
    onBattery: false,
  });
});

test('the answer lists what policies are made of, with providers', async () => {
  const { values, downloadMode } = await ask({ 'network.pause_on_vpn': 'true' }, { vpn: true });
  const keys = values.map(({ key }) => key);
  assert.ok(keys.includes('jobs.rate') && keys.includes('cache.hosts'));
  assert.ok(!keys.some((key) => /^(daemon|notify|log)\./.test(key)));
  assert.equal(values.find(({ key }) => key === 'network.pause_on_vpn')?.provider, 'flag');
  assert.equal(downloadMode.configured, 1);
  assert.equal(downloadMode.effective, 99);
});
