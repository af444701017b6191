import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StatusTeller } from '../../src/notify/status-teller.ts';
import { DODownloadState, type DO_DOWNLOAD_STATUS } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const { Transferring, Transferred, Paused } = DODownloadState;

function at(state: DODownloadState, bytesTransferred: number): DO_DOWNLOAD_STATUS {
  return { bytesTotal: 1_000, bytesTransferred, state, error: 0, extendedError: 0 };
}

/** A teller on a clock of its own, whose download is as the test says. */
class Scene {
  readonly clock = new ManualClock();
  readonly heard: DO_DOWNLOAD_STATUS[] = [];
  readonly teller: StatusTeller;
  now: DO_DOWNLOAD_STATUS = at(Transferring, 0);
  answer: () => unknown = () => undefined;

  constructor(previous: Promise<void> = Promise.resolve()) {
    this.teller = new StatusTeller({
      clock: this.clock,
      slots: { take: async () => () => {} },
      previous,
      status: () => this.now,
      frequency: () => ({ seconds: 1, percent: undefined }),
      tell: (status) => {
        this.heard.push(status);
        return this.answer();
      },
      failed: (error) => {
        throw error;
      },
      drained: () => {},
    });
  }

  become(status: DO_DOWNLOAD_STATUS): void {
    this.now = status;
    this.teller.changed();
  }
}

test('bytes are told of once a second, with the newest count', async () => {
  const scene = new Scene();
  for (let bytes = 1; bytes <= 25; bytes += 1) {
    scene.become(at(Transferring, bytes));
    await scene.clock.advance(100);
  }
  assert.deepEqual(
    scene.heard.map(({ bytesTransferred }) => bytesTransferred),
    [10, 20],
  );
  await scene.clock.advance(10_000);
  assert.equal(scene.heard.at(-1)?.bytesTransferred, 25, 'the last bytes are not forgotten');
  assert.equal(scene.heard.length, 3);
});

test('states are told at once, in order, never from inside the change', async () => {
  const scene = new Scene();
  scene.become(at(Paused, 5));
  scene.become(at(Transferring, 5));
  scene.become(at(Transferred, 1_000));
  assert.equal(scene.heard.length, 0);
  await scene.clock.advance(0);
  assert.deepEqual(
    scene.heard.map(({ state }) => state),
    [Paused, Transferring, Transferred],
  );
});

test('while a call is at work nothing else is told, however long it takes', async () => {
  const scene = new Scene();
  const gate = Promise.withResolvers<void>();
  scene.answer = () => gate.promise;
  scene.become(at(Paused, 0));
  await scene.clock.advance(0);
  scene.become(at(Transferring, 0));
  await scene.clock.advance(3_600_000);
  assert.equal(scene.heard.length, 1);
  gate.resolve();
  await scene.clock.advance(0);
  assert.equal(scene.heard.length, 2);
});

test('a successor waits for the call under way, and no longer than a callback may take', async () => {
  const scene = new Scene();
  scene.answer = () => new Promise(() => {});
  scene.become(at(Paused, 0));
  await scene.clock.advance(0);
  let closed = false;
  void scene.teller.close().then(() => {
    closed = true;
  });
  await scene.clock.advance(59_000);
  assert.equal(closed, false);
  await scene.clock.advance(1_000);
  assert.equal(closed, true);
});

test('after close nothing more is told', async () => {
  const scene = new Scene();
  scene.become(at(Paused, 0));
  await scene.teller.close();
  await scene.clock.advance(10_000);
  scene.become(at(Transferred, 0));
  await scene.clock.advance(10_000);
  assert.deepEqual(scene.heard, []);
});
