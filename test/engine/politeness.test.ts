import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Politeness, type PoliteUser } from '../../src/engine/transfer/politeness.ts';
import { ManualClock } from '../support/manual-clock.ts';

const USER: PoliteUser = { origin: 'http://one.test', connections: () => 1, held: () => {} };
const RATE = 1_000_000;

/** A politeness whose one transfer has been at full rate and has now fallen to a third of it. */
async function yielding(): Promise<{ clock: ManualClock; politeness: Politeness }> {
  const clock = new ManualClock(0);
  const politeness = new Politeness(clock, () => 0);
  politeness.enable(true);
  politeness.join(USER);
  const key = new AbortController().signal;
  for (let tick = 0; !politeness.holds; tick += 1) {
    assert.ok(tick < 100, 'no drop was seen');
    politeness.arrived(key, ((tick < 10 ? 1 : 0.3) * RATE) / 10);
    politeness.waited(100);
    await clock.advance(100);
  }
  return { clock, politeness };
}

/** Asks for a turn, and tells later whether it came. */
function ask(politeness: Politeness, key: AbortSignal): { readonly came: boolean } {
  const asked = { came: false };
  const turn = politeness.turn(USER, key, false);
  if (turn === undefined) asked.came = true;
  else void turn.then(() => (asked.came = true));
  return asked;
}

test('while others are looked for nobody asks, then one connection for a bounded part', async () => {
  const { clock, politeness } = await yielding();
  const [one, two] = [new AbortController().signal, new AbortController().signal];
  const first = ask(politeness, one);
  const second = ask(politeness, two);
  await clock.advance(100);
  assert.deepEqual([first.came, second.came], [false, false]);
  await clock.advance(300);
  assert.deepEqual([first.came, second.came], [true, false]);
  assert.ok(politeness.limit(one) <= RATE / 9);
  assert.equal(politeness.leaves(one), false);
  assert.equal(politeness.leaves(two), true);
});

for (const how of ['ends', 'falls silent'] as const) {
  test(`a connection that ${how} after the first train leaves the turn to the next one`, async () => {
    const { clock, politeness } = await yielding();
    const [one, two] = [new AbortController().signal, new AbortController().signal];
    ask(politeness, one);
    await clock.advance(400);
    const wanted = politeness.limit(one);
    for (let part = 0; part < 4; part += 1) {
      politeness.arrived(one, Math.ceil(wanted / 4));
      await clock.advance((wanted / 4 / RATE) * 1_000);
    }
    if (how === 'ends') politeness.ended(one);
    const second = ask(politeness, two);
    await clock.advance(300);
    assert.equal(second.came, true);
  });
}

test('a train that brings nothing is given up after a while', async () => {
  const { clock, politeness } = await yielding();
  const [one, two] = [new AbortController().signal, new AbortController().signal];
  ask(politeness, one);
  await clock.advance(400);
  const second = ask(politeness, two);
  await clock.advance(9_000);
  assert.equal(second.came, false);
  await clock.advance(3_000);
  assert.equal(second.came, true);
});

test('those who wait go on at once when politeness is switched off', async () => {
  const { clock, politeness } = await yielding();
  const asked = ask(politeness, new AbortController().signal);
  politeness.enable(false);
  await clock.advance(0);
  assert.equal(asked.came, true);
});

test('a wait ends with its signal', async () => {
  const { politeness } = await yielding();
  const abort = new AbortController();
  const turn = politeness.turn(USER, abort.signal, false);
  abort.abort(new Error('suspended'));
  await assert.rejects(async () => turn, /suspended/);
});
