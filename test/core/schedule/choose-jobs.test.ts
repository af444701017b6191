import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  chooseJobs,
  type RunningJob,
  type SlotRules,
  type WaitingJob,
} from '../../../src/core/schedule/choose-jobs.ts';

const RULES: SlotRules = { foregroundSlots: 2, backgroundSlots: 2, timeSliceMs: 300_000 };

interface Scene {
  readonly running: readonly RunningJob[];
  readonly waiting: readonly WaitingJob[];
  readonly rules: SlotRules;
  readonly nowMs: number;
}

const scenes: fc.Arbitrary<Scene> = fc
  .record({
    running: fc.array(fc.record({ foreground: fc.boolean(), sinceMs: fc.nat(1_000) })),
    waiting: fc.array(fc.boolean()),
    foregroundSlots: fc.integer({ min: 1, max: 8 }),
    backgroundSlots: fc.integer({ min: 1, max: 8 }),
    timeSliceMs: fc.integer({ min: 1, max: 1_000 }),
    sinceMs: fc.nat(1_000),
  })
  .map(({ running, waiting, sinceMs, ...rules }) => ({
    running: running.map((job, index) => ({ ...job, id: `running ${index}` })),
    waiting: waiting.map((foreground, index) => ({ foreground, id: `waiting ${index}` })),
    rules,
    nowMs: 1_000 + sinceMs,
  }));

function decide({ running, waiting, rules, nowMs }: Scene): ReturnType<typeof chooseJobs> {
  return chooseJobs(running, waiting, rules, nowMs);
}

function ofKind<T extends { readonly foreground: boolean }>(
  jobs: readonly T[],
  kind: boolean,
): T[] {
  return jobs.filter((job) => job.foreground === kind);
}

function slotsOf(rules: SlotRules, kind: boolean): number {
  return kind ? rules.foregroundSlots : rules.backgroundSlots;
}

test('no job is started beyond the slots of its kind', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const { start } = decide(scene);
      for (const kind of [true, false]) {
        const here = ofKind(scene.running, kind).length;
        const started = ofKind(scene.waiting, kind).filter(({ id }) => start.includes(id)).length;
        assert.ok(here + started <= Math.max(here, slotsOf(scene.rules, kind)));
      }
    }),
  );
});

test('a free slot and a waiting job make a start, in the order of the queue', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const { start } = decide(scene);
      for (const kind of [true, false]) {
        const free = Math.max(0, slotsOf(scene.rules, kind) - ofKind(scene.running, kind).length);
        const queue = ofKind(scene.waiting, kind).map(({ id }) => id);
        assert.deepEqual(
          start.filter((id) => queue.includes(id)),
          queue.slice(0, free),
        );
      }
    }),
  );
});

test('only waiting jobs start, only running ones stop, and none does both', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const { start, stop } = decide(scene);
      const running = scene.running.map(({ id }) => id);
      assert.ok(stop.every((id) => running.includes(id)));
      assert.ok(start.every((id) => !running.includes(id)));
      assert.equal(new Set([...start, ...stop]).size, start.length + stop.length);
    }),
  );
});

test('a slot is lost only when its time is over and somebody of the kind waits for it', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const { start, stop } = decide(scene);
      for (const kind of [true, false]) {
        const left = ofKind(scene.waiting, kind).filter(({ id }) => !start.includes(id)).length;
        const here = ofKind(scene.running, kind);
        const over = here.filter((job) => scene.nowMs - job.sinceMs >= scene.rules.timeSliceMs);
        const stopped = here.filter(({ id }) => stop.includes(id));
        assert.ok(stopped.every((job) => over.includes(job)));
        assert.equal(stopped.length, Math.min(over.length, left));
        const oldest = over.map(({ sinceMs }) => sinceMs).sort((a, b) => a - b);
        assert.deepEqual(
          stopped.map(({ sinceMs }) => sinceMs).sort((a, b) => a - b),
          oldest.slice(0, stopped.length),
          'those that had their slot longest',
        );
      }
    }),
  );
});

test('what foreground jobs do changes nothing for the others', () => {
  fc.assert(
    fc.property(scenes, fc.boolean(), (scene, kind) => {
      const all = decide(scene);
      const alone = decide({
        ...scene,
        running: ofKind(scene.running, kind),
        waiting: ofKind(scene.waiting, kind),
      });
      const ids = new Set(
        [...ofKind(scene.running, kind), ...ofKind(scene.waiting, kind)].map(({ id }) => id),
      );
      assert.deepEqual(
        all.start.filter((id) => ids.has(id)),
        alone.start,
      );
      assert.deepEqual(
        all.stop.filter((id) => ids.has(id)),
        alone.stop,
      );
    }),
  );
});

test('the next decision is due when the next time slice ends for somebody who waits', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const { start, stop, nextAtMs } = decide(scene);
      if (nextAtMs !== undefined) {
        assert.ok(nextAtMs > scene.nowMs, 'never at once again');
        assert.ok(decide({ ...scene, nowMs: nextAtMs }).stop.length > stop.length);
        assert.equal(decide({ ...scene, nowMs: nextAtMs - 1 }).stop.length, stop.length);
        return;
      }
      // Nobody would ever lose a slot who does not lose it now.
      const later = decide({ ...scene, nowMs: scene.nowMs + 1_000_000 });
      assert.deepEqual([later.start, later.stop.length], [start, stop.length]);
    }),
  );
});

test('every waiting job has its turn when nobody ever ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 12 }), (slots, count) => {
      const rules = { ...RULES, backgroundSlots: slots };
      let queue = Array.from({ length: count }, (_, index) => ({
        id: `${index}`,
        foreground: false,
      }));
      let running: RunningJob[] = [];
      const served = new Set<string>();
      let nowMs = 0;
      for (let round = 0; round < 4 * count + 4 && served.size < count; round++) {
        const { start, stop, nextAtMs } = chooseJobs(running, queue.slice(0, slots), rules, nowMs);
        assert.ok(running.length + start.length <= slots);
        for (const id of start) served.add(id);
        const stopped = stop.map((id) => ({ id, foreground: false }));
        running = [
          ...running.filter(({ id }) => !stop.includes(id)),
          ...start.map((id) => ({ id, foreground: false, sinceMs: nowMs })),
        ];
        queue = [...queue.filter(({ id }) => !start.includes(id)), ...stopped];
        if (stop.length === 0) nowMs = nextAtMs ?? nowMs;
      }
      assert.equal(served.size, count);
    }),
  );
});

test('a job whose time slice is over keeps its slot while nobody waits', () => {
  const running = [{ id: 'old', foreground: false, sinceMs: 0 }];
  const waiting = [{ id: 'urgent', foreground: true }];
  assert.deepEqual(chooseJobs(running, waiting, RULES, 1e9), {
    start: ['urgent'],
    stop: [],
    nextAtMs: undefined,
  });
});

test('jobs beyond the slots, as after a change of priority, are left to finish', () => {
  const running = ['a', 'b', 'c'].map((id) => ({ id, foreground: true, sinceMs: 0 }));
  assert.deepEqual(chooseJobs(running, [{ id: 'd', foreground: true }], RULES, 10), {
    start: [],
    stop: [],
    nextAtMs: 300_000,
  });
});
