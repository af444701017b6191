import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BITS_COST_STATE, BITS_JOB_TRANSFER_POLICY } from '../../../src/core/constants.ts';
import { HRESULT } from '../../../src/core/codes.ts';
import { NETWORK_COSTS, type NetworkFacts } from '../../../src/core/policy/network-facts.ts';
import {
  admitsCost,
  type BlockPolicies,
  type JobTraits,
  policyBlock,
  policyBlocks,
} from '../../../src/core/policy/policy-block.ts';
import type { NetworkState } from '../../../src/ports/network-monitor.ts';

const LENIENT: BlockPolicies = { power: {}, pauseOnVpn: false, disallowCellular: false };
const STRICT: BlockPolicies = {
  power: { pauseBackgroundBelowPercent: 100, pauseForegroundBelowPercent: 20 },
  pauseOnVpn: true,
  disallowCellular: true,
};
const FINE: NetworkFacts = { online: true, costState: BITS_COST_STATE.UNRESTRICTED };

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

/** Every combination of facts that tells rules apart. */
const FACTS: readonly NetworkFacts[] = [true, false].flatMap((online) =>
  Object.values(NETWORK_COSTS).flatMap((costState) =>
    [true, false].flatMap((cellular) =>
      [true, false].flatMap((vpn) =>
        [true, false].flatMap((onBattery) =>
          [0, 19, 20, 100].map((batteryPercent) => ({
            online,
            costState,
            cellular,
            vpn,
            onBattery,
            batteryPercent,
          })),
        ),
      ),
    ),
  ),
);

function rules(job: JobTraits, facts: NetworkFacts, policies: BlockPolicies): readonly string[] {
  return policyBlocks(job, facts, policies).map(({ rule }) => rule);
}

test('the facts are those of the port', () => {
  const facts: NetworkFacts = FINE satisfies NetworkState;
  const state: NetworkState = facts satisfies NetworkFacts;
  assert.deepEqual(state, facts);
});

test('nothing blocks where no rule applies', () => {
  assert.equal(policyBlock(BACKGROUND, FINE, LENIENT), undefined);
  assert.deepEqual(policyBlocks(FOREGROUND, FINE, STRICT), []);
});

test('each rule blocks by itself, with its code and a way out', () => {
  const cases = [
    [
      BACKGROUND,
      { ...FINE, online: false },
      LENIENT,
      'network.online',
      'DO_E_BLOCKED_BY_NO_NETWORK',
    ],
    [
      BACKGROUND,
      { ...FINE, costState: BITS_COST_STATE.NEAR_CAP },
      LENIENT,
      'job.cost_flags',
      'DO_E_BLOCKED_BY_COST_TRANSFER_POLICY',
    ],
    [
      { ...BACKGROUND, disallowCellular: true },
      { ...FINE, cellular: true },
      LENIENT,
      'job.disallow_on_cellular',
      'DO_E_BLOCKED_BY_CELLULAR_POLICY',
    ],
    [
      FOREGROUND,
      { ...FINE, cellular: true },
      { ...LENIENT, disallowCellular: true },
      'network.disallow_cellular',
      'DO_E_BLOCKED_BY_CELLULAR_POLICY',
    ],
    [
      BACKGROUND,
      { ...FINE, vpn: true },
      { ...LENIENT, pauseOnVpn: true },
      'network.pause_on_vpn',
      'DO_E_BLOCKED_BY_VPN_POLICY',
    ],
    [
      BACKGROUND,
      { ...FINE, onBattery: true, batteryPercent: 39 },
      { ...LENIENT, power: { pauseBackgroundBelowPercent: 40 } },
      'network.pause_background_below_battery',
      'DO_E_BLOCKED_BY_POWER_STATE',
    ],
    [
      FOREGROUND,
      { ...FINE, onBattery: true, batteryPercent: 9 },
      { ...LENIENT, power: { pauseForegroundBelowPercent: 10 } },
      'network.pause_foreground_below_battery',
      'DO_E_BLOCKED_BY_POWER_STATE',
    ],
  ] as const;
  for (const [job, facts, policies, rule, code] of cases) {
    const block = policyBlock(job, facts, policies);
    assert.equal(block?.rule, rule);
    assert.equal(block.failure.code, code);
    assert.equal(block.failure.hresult, HRESULT[code]);
    assert.equal(block.failure.kind, 'policy');
    for (const sentence of [block.failure.message, block.unblockedBy]) {
      assert.match(sentence, /^[A-Z].*\.$/, rule);
    }
  }
});

test('the VPN rule spares foreground jobs', () => {
  const policies = { ...LENIENT, pauseOnVpn: true };
  assert.equal(policyBlock(FOREGROUND, { ...FINE, vpn: true }, policies), undefined);
});

test('a battery stops each kind of job below its own percentage, and never at it', () => {
  const policies: BlockPolicies = {
    ...LENIENT,
    power: { pauseBackgroundBelowPercent: 40, pauseForegroundBelowPercent: 10 },
  };
  for (const [batteryPercent, background, foreground] of [
    [40, false, false],
    [39, true, false],
    [10, true, false],
    [9, true, true],
    [0, true, true],
  ] as const) {
    const facts = { ...FINE, onBattery: true, batteryPercent };
    assert.equal(policyBlock(BACKGROUND, facts, policies) !== undefined, background);
    assert.equal(policyBlock(FOREGROUND, facts, policies) !== undefined, foreground);
  }
});

test('100 percent means always on battery, full or of unknown charge', () => {
  const policies = { ...LENIENT, power: { pauseBackgroundBelowPercent: 100 } };
  const full = policyBlock(BACKGROUND, { ...FINE, onBattery: true, batteryPercent: 100 }, policies);
  assert.match(full?.failure.message ?? '', /until it does not/);
  assert.ok(policyBlock(BACKGROUND, { ...FINE, onBattery: true }, policies));
  assert.equal(
    policyBlock(BACKGROUND, { ...FINE, onBattery: false, batteryPercent: 1 }, policies),
    undefined,
  );
});

test('a charge nobody knows stops nothing below 100', () => {
  const policies = { ...LENIENT, power: { pauseBackgroundBelowPercent: 99 } };
  assert.equal(policyBlock(BACKGROUND, { ...FINE, onBattery: true }, policies), undefined);
});

test('a job whose bytes stay here minds the battery and nothing else', () => {
  for (const facts of FACTS) {
    const local = rules({ ...BACKGROUND, local: true, disallowCellular: true }, facts, STRICT);
    const expected = facts.onBattery === true ? ['network.pause_background_below_battery'] : [];
    assert.deepEqual(local, expected);
  }
});

test('without a network nothing is said of its cost, kind or VPN', () => {
  for (const facts of FACTS.filter(({ online }) => !online)) {
    const [first, ...others] = rules({ ...BACKGROUND, disallowCellular: true }, facts, STRICT);
    assert.equal(first, 'network.online');
    assert.ok(others.every((rule) => rule.endsWith('battery')));
  }
});

test('the one block is the first of all blocks, under every combination of facts', () => {
  for (const facts of FACTS) {
    for (const job of [BACKGROUND, FOREGROUND, { ...BACKGROUND, disallowCellular: true }]) {
      for (const policies of [LENIENT, STRICT]) {
        const all = policyBlocks(job, facts, policies);
        assert.deepEqual(policyBlock(job, facts, policies), all[0]);
        assert.equal(new Set(all.map(({ rule }) => rule)).size, all.length);
      }
    }
  }
});

test('all that applies at once is told at once', () => {
  const facts = { online: true, costState: 0x8, cellular: true, vpn: true, onBattery: true };
  assert.deepEqual(rules({ ...BACKGROUND, disallowCellular: true }, facts, STRICT), [
    'network.disallow_cellular',
    'job.cost_flags',
    'network.pause_on_vpn',
    'network.pause_background_below_battery',
  ]);
});

test('roaming must be allowed besides the cost, and congestion forbids nothing', () => {
  const { ROAMING, IGNORE_CONGESTION, UNRESTRICTED } = BITS_COST_STATE;
  assert.equal(admitsCost(0x7f, UNRESTRICTED | ROAMING), false);
  assert.equal(admitsCost(0xff, UNRESTRICTED | ROAMING), true);
  assert.equal(admitsCost(ROAMING, UNRESTRICTED | ROAMING), false);
  assert.equal(admitsCost(0, IGNORE_CONGESTION), true);
});

test('each cost policy admits the costs it is documented for', () => {
  const { ALWAYS, NOT_ROAMING, NO_SURCHARGE, STANDARD, UNRESTRICTED } = BITS_JOB_TRANSFER_POLICY;
  const admitted = (mask: number): readonly string[] =>
    Object.entries(NETWORK_COSTS)
      .filter(([, costState]) => admitsCost(mask, costState))
      .map(([name]) => name);
  const all = Object.keys(NETWORK_COSTS);
  assert.deepEqual(admitted(ALWAYS), all);
  assert.deepEqual(
    admitted(NOT_ROAMING),
    all.filter((name) => name !== 'roaming'),
  );
  assert.deepEqual(
    admitted(NO_SURCHARGE),
    all.filter((name) => name !== 'roaming' && name !== 'over-cap'),
  );
  assert.deepEqual(admitted(STANDARD), ['unrestricted', 'metered', 'capped', 'usage-based']);
  assert.deepEqual(admitted(UNRESTRICTED), ['unrestricted']);
});
