import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clientClock } from '../../src/client/client-clock.ts';
import { ContentReader } from '../../src/client/content-reader.ts';
import type { Remote } from '../../src/client/remote.ts';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import { RestClient } from '../../src/rest/client.ts';
import type { HttpAnswer } from '../../src/rest/http-sender.ts';

type Content = readonly (number | 'break')[] | 'busy';

/** A reader whose service sends these contents, one for each request. */
function readerOf(contents: readonly Content[], write?: (chunk: Uint8Array) => unknown) {
  let asked = 0;
  let told = 0;
  const chunks: number[] = [];
  const rest = new RestClient({
    where: 'the test',
    send: async (): Promise<HttpAnswer> => {
      const content = contents[asked] ?? [];
      asked += 1;
      if (content === 'busy') throw new DeliveryOptimizationError('DO_E_INVALID_STATE', 'busy');
      return { status: 200, headers: {}, body: bodyOf(content) };
    },
  });
  const remote = {
    rest,
    clock: clientClock,
    signal: new AbortController().signal,
    statusCallbacks: { changed: () => void (told += 1) },
  } as unknown as Remote;
  const reader = new ContentReader(remote, 'id', {
    write: write ?? ((chunk) => void chunks.push(chunk.length)),
  });
  return { reader, chunks, asked: () => asked, told: () => told };
}

async function* bodyOf(content: readonly (number | 'break')[]): AsyncGenerator<Uint8Array> {
  for (const size of content) {
    if (size === 'break') throw new Error('aborted');
    yield new Uint8Array(size);
  }
}

test('content is read to its end, and asked for again while the start is not answered', async () => {
  const start = { settled: false };
  const { reader, chunks, asked, told } = readerOf([[], 'busy', [10, 20], []]);
  reader.begin(start);
  assert.ok(reader.running);
  setTimeout(() => (start.settled = true), 120);
  await reader.ended;
  assert.deepEqual(chunks, [10, 20]);
  assert.ok(asked() >= 3);
  assert.equal(told(), 1);
  assert.ok(!reader.running);
  reader.assertWhole(1_000_000);
});

test('content that breaks off is whole only if as much was received as the service has', async () => {
  const { reader } = readerOf([[10, 20, 'break']]);
  reader.begin({ settled: true });
  await reader.ended;
  assert.equal(reader.failure, undefined);
  reader.assertWhole(30);
  assert.throws(() => reader.assertWhole(31), { code: 'DO_E_FATAL_CORE_ERROR' });
});

test('what the stream refuses is the failure of the download', async () => {
  const { reader, asked } = readerOf([[10, 20]], () => Promise.reject(new Error('full')));
  reader.begin({ settled: true });
  await reader.ended;
  assert.equal(reader.failure?.code, 'DO_E_FATAL_CORE_ERROR');
  assert.match(reader.failure.message, /did not take 10 bytes .*full/);
  assert.equal(asked(), 1);
});

test('a reader that is stopped has no failure', async () => {
  const { reader } = readerOf([[]]);
  reader.begin({ settled: false });
  reader.stop();
  await reader.ended;
  assert.equal(reader.failure, undefined);
  reader.assertWhole(1_000_000);
});
