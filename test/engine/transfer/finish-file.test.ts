import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newFile } from '../../../src/core/job/file.ts';
import { finishFile } from '../../../src/engine/transfer/finish-file.ts';
import { FollowedDigest } from '../../../src/engine/transfer/followed-digest.ts';
import type { TransferContext } from '../../../src/engine/transfer/transfer-context.ts';
import { systemDigester } from '../../../src/io/system/system-digester.ts';
import type { PartialFile } from '../../../src/ports/partial-files.ts';

const SIZE = 3 * 1_048_576;

test('a digest that is called off waits for the read under way, and does not mind how it ends', async () => {
  const file = {
    ...newFile({
      jobId: 'a',
      index: 0,
      fileId: 'b',
      remoteName: 'http://host.test/',
      ranges: [],
      digest: { algorithm: 'sha-256', hex: '00' },
    }),
    sizeBytes: SIZE,
  };
  const context = { file: () => file, digester: systemDigester } as unknown as TransferContext;
  const calledOff = new AbortController();
  const late = Promise.withResolvers<number>();
  let reads = 0;
  const part = {
    read(buffer: Uint8Array) {
      reads += 1;
      if (reads === 1) return Promise.resolve(buffer.length);
      calledOff.abort(new Error('The job was suspended.'));
      return late.promise;
    },
  } as unknown as PartialFile;
  let ended = false;
  const finished = finishFile(
    context,
    part,
    new FollowedDigest(context, part),
    calledOff.signal,
  ).finally(() => {
    ended = true;
  });
  const refused = assert.rejects(finished, /suspended/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ended, false, 'the file would be closed with a read under way');
  late.reject(new Error('The file is closed.'));
  await refused;
  assert.equal(reads, 2);
});
