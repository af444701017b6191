import assert from 'node:assert/strict';
import { test } from 'node:test';

import { systemRandomness } from '../../../src/io/system/system-randomness.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';

for (const [name, randomness] of [
  ['this machine', systemRandomness],
  ['a seed', seededRandomness(1)],
] as const) {
  test(`samples of ${name} lie in [0, 1) and spread`, () => {
    const samples = Array.from({ length: 10_000 }, () => randomness.sample());
    assert.ok(samples.every((sample) => sample >= 0 && sample < 1));
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
    assert.ok(Math.abs(mean - 0.5) < 0.05, `mean ${mean}`);
  });

  test(`bytes of ${name} have the length asked for and differ`, () => {
    assert.equal(randomness.bytes(0).length, 0);
    const [one, other] = [randomness.bytes(16), randomness.bytes(16)];
    assert.equal(one.length, 16);
    assert.notDeepEqual(one, other);
  });
}

test('one seed gives the same samples every time, another seed others', () => {
  const firstOf = (seed: number): number[] => {
    const randomness = seededRandomness(seed);
    return [randomness.sample(), randomness.sample(), randomness.sample()];
  };
  assert.deepEqual(firstOf(7), firstOf(7));
  assert.notDeepEqual(firstOf(7), firstOf(8));
});
