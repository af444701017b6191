import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { DODownloadProperty, DODownloadState, DO_LENGTH_TO_EOF, HRESULT } from '../../src/index.ts';
import { openWorld, type EngineWorld } from '../support/engine-world.ts';
import { bytesAt, startOrigin } from '../support/origin.ts';
import { until } from '../support/temporary.ts';
import {
  makeDownload,
  setAll,
  waitForDownload,
  waitForDownloadBytes,
  waitForFailure,
} from './download-family-world.ts';

const { Transferring, Transferred, Finalized, Aborted, Paused } = DODownloadState;
const body = { size: 1_500_000, seed: 21 };
const ALL = { ranges: [{ offset: 0, length: DO_LENGTH_TO_EOF }] };

/** A stream that keeps what it gets, and notices two writes at a time. */
class Collector {
  readonly chunks: Uint8Array[] = [];
  busy = false;
  overlaps = 0;
  /** Called before a chunk is taken; what it throws refuses the chunk. */
  before: (chunk: Uint8Array) => Promise<void> | void = () => {};

  async write(chunk: Uint8Array): Promise<void> {
    if (this.busy) this.overlaps += 1;
    this.busy = true;
    try {
      await this.before(chunk);
      this.chunks.push(chunk);
    } finally {
      this.busy = false;
    }
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

async function streamFiles(world: EngineWorld): Promise<string[]> {
  return readdir(join(world.dataDir, 'streams'));
}

test('a stream gets the bytes in the order of the ranges, each once, and no file is left', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const stream = new Collector();
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    StreamInterface: stream,
  });
  assert.equal(await download.getProperty(DODownloadProperty.StreamInterface), stream);
  await download.start({
    ranges: [
      { offset: 1_000_000, length: DO_LENGTH_TO_EOF },
      { offset: 5, length: 700_000 },
    ],
  });
  const done = await waitForDownload(download, Transferred);
  const expected = [bytesAt(body.seed, 1_000_000, 500_000), bytesAt(body.seed, 5, 700_000)];
  assert.equal(done.bytesTotal, 1_200_000);
  assert.ok(stream.bytes.equals(Buffer.concat(expected)));
  assert.equal(stream.overlaps, 0);
  assert.equal((await streamFiles(world)).length, 1);

  await download.start({ ranges: [{ offset: 100, length: 50 }] });
  await waitForDownload(download, Transferred);
  assert.equal(stream.bytes.length, 1_200_050, 'another portion follows');
  assert.ok(stream.bytes.subarray(1_200_000).equals(Buffer.from(bytesAt(body.seed, 100, 50))));

  await download.finalize();
  assert.equal((await download.getStatus()).state, Finalized);
  assert.deepEqual(await streamFiles(world), []);
  assert.deepEqual(await world.names(), []);
});

test('the download is Transferring until its stream has taken everything', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const gate = Promise.withResolvers<void>();
  const stream = new Collector();
  stream.before = () => gate.promise;
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    StreamInterface: stream,
  });
  await download.start(ALL);
  await waitForDownloadBytes(download, body.size);
  assert.equal((await download.getStatus()).state, Transferring);
  assert.equal(stream.chunks.length, 0, 'the next chunk waits for the first');
  gate.resolve();
  await waitForDownload(download, Transferred);
  assert.ok(stream.bytes.equals(Buffer.from(bytesAt(body.seed, 0, body.size))));
});

test('a pause while a chunk is being taken does not give it twice', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  let gate = Promise.withResolvers<void>();
  const stream = new Collector();
  stream.before = () => gate.promise;
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    StreamInterface: stream,
  });
  await download.start(ALL);
  await until(() => stream.busy, { what: 'the first chunk' });
  await download.pause();
  assert.equal((await download.getStatus()).state, Paused);
  await download.start(null);
  await download.pause();
  gate.resolve();
  gate = Promise.withResolvers();
  await download.start(null);
  gate.resolve();
  await waitForDownload(download, Transferred);
  assert.ok(stream.bytes.equals(Buffer.from(bytesAt(body.seed, 0, body.size))));
  assert.equal(stream.overlaps, 0);
});

for (const how of ['throws', 'rejects'] as const) {
  test(`a stream that ${how} pauses the download, and a start offers the chunk again`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const stream = new Collector();
    let refusals = 0;
    stream.before = () => {
      if (stream.chunks.length < 2 || refusals > 0) return undefined;
      refusals += 1;
      const refusal = new Error('the pipe is broken');
      if (how === 'throws') throw refusal;
      return Promise.reject(refusal);
    };
    const download = await makeDownload(world, {
      Uri: origin.put('/f', { body }),
      StreamInterface: stream,
    });
    await download.start(ALL);
    const failed = await waitForFailure(download);
    assert.equal(failed.error, HRESULT.DO_E_FATAL_CORE_ERROR);
    assert.equal(stream.chunks.length, 2);
    await download.start(null);
    await waitForDownload(download, Transferred);
    assert.ok(stream.bytes.equals(Buffer.from(bytesAt(body.seed, 0, body.size))));
  });
}

test('a failed write rejects a blocking start with its own words', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    BlockingMode: true,
    StreamInterface: {
      write: () => {
        throw new Error('the pipe is broken');
      },
    },
  });
  await assert.rejects(download.start(ALL), {
    code: 'DO_E_FATAL_CORE_ERROR',
    message: /the pipe is broken/,
  });
});

test('a file that is fetched anew after a broken connection goes on behind what the stream has', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  // Without validators nothing vouches for a resumed range, so the file begins again.
  const url = origin.put('/f', { body });
  origin.always('/f', { kind: 'no-validators' });
  origin.script('/f', [
    [{ kind: 'no-validators' }, { kind: 'close-mid-body', afterBytes: 900_000 }],
  ]);
  const stream = new Collector();
  const download = await makeDownload(world, { Uri: url, StreamInterface: stream });
  await download.start({ ranges: [{ offset: 0, length: body.size }] });
  await waitForDownload(download, Transferred);
  assert.ok(stream.bytes.equals(Buffer.from(bytesAt(body.seed, 0, body.size))));
  assert.equal(origin.requests.at(-1)?.headers['range'], `bytes=0-${body.size - 1}`);
});

test('a file that changed after the stream had a part of it fails the download', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body, etag: '"one"' });
  origin.script('/f', [{ kind: 'stall', afterBytes: 600_000 }]);
  const stream = new Collector();
  const download = await makeDownload(world, { Uri: url, StreamInterface: stream });
  await download.start(ALL);
  await until(() => stream.bytes.length >= 500_000, { what: 'bytes in the stream' });
  await download.pause();
  origin.put('/f', { body: { size: body.size, seed: 22 }, etag: '"two"' });
  await download.start(null);
  const failed = await waitForFailure(download);
  assert.equal(failed.error, HRESULT.DO_E_FATAL_CORE_ERROR);
  const taken = stream.bytes;
  assert.ok(taken.equals(Buffer.from(bytesAt(body.seed, 0, taken.length))), 'no byte of the other');
  await download.start(null);
  assert.equal((await waitForFailure(download)).error, HRESULT.DO_E_FATAL_CORE_ERROR);
});

test('the same content under another validator goes on behind what the stream has', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body, etag: '"one"' });
  origin.script('/f', [{ kind: 'stall', afterBytes: 600_000 }]);
  const stream = new Collector();
  const download = await makeDownload(world, { Uri: url, StreamInterface: stream });
  await download.start(ALL);
  await until(() => stream.bytes.length >= 500_000, { what: 'bytes in the stream' });
  await download.pause();
  origin.put('/f', { body, etag: '"two"' });
  await download.start(null);
  await waitForDownload(download, Transferred);
  assert.ok(stream.bytes.equals(Buffer.from(bytesAt(body.seed, 0, body.size))));
});

test('abort deletes the bytes that waited for the stream, which hears no more', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const gate = Promise.withResolvers<void>();
  const stream = new Collector();
  stream.before = () => gate.promise;
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    StreamInterface: stream,
  });
  await download.start(ALL);
  await until(() => stream.busy, { what: 'the first chunk' });
  await download.abort();
  assert.equal((await download.getStatus()).state, Aborted);
  assert.deepEqual(await streamFiles(world), []);
  gate.resolve();
  await until(() => stream.chunks.length === 1, { what: 'the chunk that was under way' });
  await rm(join(world.dataDir, 'streams'), { recursive: true });
  assert.equal(stream.chunks.length, 1);
});

test('closing the engine does not wait for a stream that takes for ever', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const stream = new Collector();
  stream.before = () => new Promise(() => {});
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    StreamInterface: stream,
  });
  await download.start(ALL);
  await until(() => stream.busy, { what: 'the first chunk' });
  await world.close();
  assert.ok(stream.busy);
});

test('the rules of the two sinks', async () => {
  await using world = await openWorld();
  const Uri = 'http://127.0.0.1:9/f';
  const streaming = await makeDownload(world, { Uri, StreamInterface: new Collector() });
  await assert.rejects(streaming.start(), { code: 'DO_E_DOWNLOAD_RANGES_EXPECTED' });
  await assert.rejects(streaming.start({ ranges: [] }), { code: 'DO_E_DOWNLOAD_RANGES_EXPECTED' });
  await assert.rejects(setAll(streaming, { LocalPath: world.target('f') }), {
    code: 'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
  });
  await assert.rejects(setAll(streaming, { StreamInterface: new Collector() }), {
    code: 'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
  });
  await setAll(streaming, { StreamInterface: null });
  await setAll(streaming, { LocalPath: world.target('f') });
  await assert.rejects(setAll(streaming, { StreamInterface: new Collector() }), {
    code: 'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
  });
  const lasting = await makeDownload(world, {
    Uri,
    StreamInterface: new Collector(),
    NonVolatile: true,
  });
  await assert.rejects(lasting.start(ALL), { code: 'E_INVALIDARG', message: /NonVolatile/ });
});
