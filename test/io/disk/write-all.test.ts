import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { writeAll, type WriteSome } from '../../../src/io/disk/write-all.ts';

/** A file that takes fewer bytes than it is given, as `share` (0 to 1) has it. */
function shortWriter(share: () => number): { content: Uint8Array; writeSome: WriteSome } {
  const content = new Uint8Array(10_000);
  async function writeSome(buffers: readonly Uint8Array[], position: number): Promise<number> {
    assert.ok(buffers.length <= 1_024, `${buffers.length} buffers at once`);
    assert.ok(buffers.every(({ length }) => length > 0));
    const all = Buffer.concat(buffers);
    const taken = all.subarray(0, Math.max(1, Math.floor(all.length * share())));
    content.set(taken, position);
    return taken.length;
  }
  return { content, writeSome };
}

test('every byte arrives at its place however short the writes are', async () => {
  const buffers = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 });
  const shares = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(buffers, shares, fc.nat(1_000), async (given, shares, position) => {
      const { content, writeSome } = shortWriter(() => shares.next().value as number);
      await writeAll(writeSome, given, position);
      const expected = Buffer.concat(given);
      assert.deepEqual(
        Buffer.from(content.subarray(position, position + expected.length)),
        expected,
      );
      assert.ok(content.subarray(0, position).every((byte) => byte === 0));
      assert.ok(content.subarray(position + expected.length).every((byte) => byte === 0));
    }),
  );
});

test('many buffers are written in several goes', async () => {
  const { content, writeSome } = shortWriter(() => 1);
  const given = Array.from({ length: 3_000 }, (_, index) => Uint8Array.of(index % 251));
  await writeAll(writeSome, given, 0);
  assert.ok(given.every((buffer, index) => content[index] === buffer[0]));
});

test('a write that takes nothing is an error rather than an endless loop', async () => {
  await assert.rejects(
    writeAll(async () => 0, [Uint8Array.of(1)], 0),
    { code: 'EIO' },
  );
});

test('an error in the middle is passed on', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  let calls = 0;
  const writeSome: WriteSome = async () => {
    if (calls++ === 0) return 1;
    throw full;
  };
  await assert.rejects(writeAll(writeSome, [new Uint8Array(10)], 0), full);
  assert.equal(calls, 2);
});
