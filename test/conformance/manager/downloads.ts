import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  DO_LENGTH_TO_EOF,
  DODownloadProperty,
  DODownloadState,
  HRESULT,
} from '../../../src/index.ts';
import type { DO_DOWNLOAD_STATUS, IDODownload } from '../../../src/core/interfaces/download.ts';
import { NO_RETRIES, assertContent } from '../../support/engine-world.ts';
import { bytesAt, startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';
import type { Harness, Suite } from './harness.ts';

const { Uri, LocalPath, DisplayName, BlockingMode, CallbackInterface, StreamInterface } =
  DODownloadProperty;
const { Created, Transferring, Transferred, Finalized, Aborted, Paused } = DODownloadState;

const body = { size: 300_000, seed: 21 };

async function newDownload(world: Harness, url: string, name: string): Promise<IDODownload> {
  const download = await world.manager.downloads.createDownload();
  await download.setProperty(Uri, url);
  await download.setProperty(LocalPath, world.target(name));
  return download;
}

async function waitFor(download: IDODownload, state: DODownloadState): Promise<DO_DOWNLOAD_STATUS> {
  let status!: DO_DOWNLOAD_STATUS;
  await until(async () => (status = await download.getStatus()).state === state, {
    what: `state ${state}`,
    timeoutMs: 20_000,
  });
  return status;
}

/** A stream that keeps what it is given. */
function collector(): { chunks: Uint8Array[]; write(chunk: Uint8Array): void } {
  const chunks: Uint8Array[] = [];
  return { chunks, write: (chunk) => void chunks.push(Uint8Array.from(chunk)) };
}

/** IDOManager and IDODownload: api.md 3, job-lifecycle.md 11. */
export const downloads: Suite = async (t, { open, check }) => {
  await check(t, 'a new download is Created, has an id and is found by it', async () => {
    await using world = await open();
    const download = await world.manager.downloads.createDownload();
    assert.deepEqual(await download.getStatus(), {
      bytesTotal: 0,
      bytesTransferred: 0,
      state: Created,
      error: 0,
      extendedError: 0,
    });
    const id = await download.getProperty(DODownloadProperty.Id);
    assert.ok(typeof id === 'string');
    const found = await world.manager.downloads.enumDownloads({
      property: DODownloadProperty.Id,
      value: id,
    });
    assert.equal(await found.getCount(), 1);
    const [same] = await found.next();
    assert.equal(await same!.getProperty(DODownloadProperty.Id), id);
  });

  await check(
    t,
    'downloads are enumerated by each of five properties, compared exactly',
    async () => {
      await using world = await open();
      const { downloads } = world.manager;
      await assert.rejects(downloads.enumDownloads(), { code: 'DO_E_NO_DOWNLOADS' });
      const one = await newDownload(world, 'http://127.0.0.1:9/one', 'one');
      const two = await newDownload(world, 'http://127.0.0.1:9/two', 'two');
      await one.setProperty(DisplayName, 'One');
      await two.setProperty(DODownloadProperty.ContentId, 'content');
      for (const [property, value, download] of [
        [Uri, 'http://127.0.0.1:9/one', one],
        [LocalPath, world.target('two'), two],
        [DisplayName, 'One', one],
        [DODownloadProperty.ContentId, 'content', two],
      ] as const) {
        const [found, ...others] = await (
          await downloads.enumDownloads({ property, value })
        ).next(5);
        assert.deepEqual(others, []);
        const ids = [found!, download].map((each) => each.getProperty(DODownloadProperty.Id));
        const [a, b] = await Promise.all(ids);
        assert.equal(a, b);
      }
      await assert.rejects(downloads.enumDownloads({ property: DisplayName, value: 'one' }), {
        code: 'DO_E_NO_DOWNLOADS',
      });
      assert.equal(await (await downloads.enumDownloads(null)).getCount(), 2);
      await one.abort();
      assert.equal(await (await downloads.enumDownloads()).getCount(), 1);
    },
  );

  await check(t, 'a file is fetched, and stands under its name once finalized', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const download = await newDownload(world, origin.put('/file', { body }), 'out');
    await download.start({ ranges: [] });
    const status = await waitFor(download, Transferred);
    assert.deepEqual(status, {
      bytesTotal: body.size,
      bytesTransferred: body.size,
      state: Transferred,
      error: 0,
      extendedError: 0,
    });
    assert.ok(!(await world.names()).includes('out'));
    await download.finalize();
    await assertContent(world.target('out'), body);
    assert.equal((await download.getStatus()).state, Finalized);
    await download.finalize();
    for (const call of [
      () => download.abort(),
      () => download.pause(),
      () => download.start(null),
      () => download.start({ ranges: [] }),
      () => download.setProperty(DisplayName, 'x'),
    ]) {
      await assert.rejects(call, { code: 'DO_E_INVALID_STATE' });
    }
  });

  await check(t, 'ranges are fetched in their order', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const download = await newDownload(world, origin.put('/file', { body }), 'out');
    await download.start({
      ranges: [
        { offset: 200_000, length: 50 },
        { offset: 299_000, length: DO_LENGTH_TO_EOF },
        { offset: 0, length: 7 },
      ],
    });
    await waitFor(download, Transferred);
    await download.finalize();
    const expected = [bytesAt(21, 200_000, 50), bytesAt(21, 299_000, 1_000), bytesAt(21, 0, 7)];
    await assertContent(world.target('out'), Buffer.concat(expected));
  });

  await check(t, 'what start needs is asked for by its own code', async () => {
    await using world = await open();
    const { downloads } = world.manager;
    const download = await downloads.createDownload();
    await assert.rejects(download.start(null), { code: 'DO_E_DOWNLOAD_RANGES_EXPECTED' });
    await assert.rejects(download.start(), { code: 'DO_E_DOWNLOAD_NO_URI' });
    await download.setProperty(Uri, 'http://127.0.0.1:9/');
    await assert.rejects(download.start(), { code: 'DO_E_FILE_DOWNLOADSINK_UNSPECIFIED' });
    await download.setProperty(LocalPath, world.target('out'));
    await assert.rejects(download.start({ ranges: [{ offset: 0, length: 0 }] }), {
      code: 'DO_E_INVALID_RANGE',
    });
    await assert.rejects(download.finalize(), { code: 'DO_E_INVALID_STATE' });
    await download.pause();
    assert.equal((await download.getStatus()).state, Created);
  });

  await check(t, 'pause stops, start goes on, abort deletes and may be repeated', async () => {
    await using origin = await startOrigin();
    await using world = await open({ retry: NO_RETRIES });
    const url = origin.put('/file', { body });
    origin.always('/file', { kind: 'stall', afterBytes: 100_000 });
    const download = await newDownload(world, url, 'out');
    await download.start();
    await until(async () => (await download.getStatus()).bytesTransferred >= 100_000, {
      what: 'bytes',
    });
    await assert.rejects(download.start({ ranges: [] }), { code: 'DO_E_INVALID_STATE' });
    await download.start(null);
    await download.pause();
    assert.deepEqual(
      { ...(await download.getStatus()), bytesTransferred: 0 },
      { bytesTotal: body.size, bytesTransferred: 0, state: Paused, error: 0, extendedError: 0 },
    );
    await download.start();
    assert.equal((await download.getStatus()).state, Transferring);
    await download.abort();
    await download.abort();
    assert.equal((await download.getStatus()).state, Aborted);
    assert.deepEqual(await world.names(), []);
    await assert.rejects(download.finalize(), { code: 'DO_E_INVALID_STATE' });
  });

  await check(t, 'a fatal error leaves the download Paused with its code', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const download = await newDownload(world, origin.url('/missing'), 'out');
    await download.start();
    const { error } = await waitFor(download, Paused);
    assert.equal(error, 0x8019_0194);
    await download.setProperty(Uri, origin.put('/good', { body }));
    await download.start();
    await waitFor(download, Transferred);
  });

  await check(t, 'BlockingMode returns at the end, or with what went wrong', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const good = await newDownload(world, origin.put('/file', { body }), 'good');
    await good.setProperty(BlockingMode, true);
    await good.start();
    assert.equal((await good.getStatus()).state, Transferred);
    const bad = await newDownload(world, origin.url('/missing'), 'bad');
    await bad.setProperty(BlockingMode, true);
    await assert.rejects(bad.start(), { code: 'HTTP_E_STATUS_NOT_FOUND', hresult: 0x8019_0194 });
  });

  await check(t, 'a pause from elsewhere ends a start that waits, with E_ABORT', async () => {
    await using origin = await startOrigin();
    await using world = await open({ retry: NO_RETRIES });
    const url = origin.put('/file', { body });
    origin.always('/file', { kind: 'stall', afterBytes: 1_000 });
    const download = await newDownload(world, url, 'out');
    await download.setProperty(BlockingMode, true);
    const started = assert.rejects(download.start(), { code: 'E_ABORT' });
    await waitFor(download, Transferring);
    await download.pause();
    await started;
    assert.equal((await download.getStatus()).state, Paused);
  });

  await check(t, 'a stream gets every byte once and in order, before the end is told', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const download = await world.manager.downloads.createDownload();
    await download.setProperty(Uri, origin.put('/file', { body }));
    const stream = collector();
    await download.setProperty(StreamInterface, stream);
    assert.equal(await download.getProperty(StreamInterface), stream);
    await download.start({
      ranges: [
        { offset: 150_000, length: 150_000 },
        { offset: 0, length: 150_000 },
      ],
    });
    await waitFor(download, Transferred);
    const expected = Buffer.concat([bytesAt(21, 150_000, 150_000), bytesAt(21, 0, 150_000)]);
    assert.ok(Buffer.concat(stream.chunks).equals(expected));
    await download.start({ ranges: [{ offset: 5, length: 5 }] });
    await waitFor(download, Transferred);
    assert.ok(
      Buffer.concat(stream.chunks).equals(Buffer.concat([expected, bytesAt(21, 5, 5)])),
      'another portion follows the first',
    );
    await download.finalize();
  });

  await check(t, 'a slow stream holds the content back and loses nothing', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const download = await world.manager.downloads.createDownload();
    await download.setProperty(Uri, origin.put('/file', { body }));
    const chunks: Uint8Array[] = [];
    let writing = 0;
    await download.setProperty(StreamInterface, {
      async write(chunk: Uint8Array) {
        assert.equal((writing += 1), 1, 'one chunk at a time');
        await sleep(5);
        chunks.push(Uint8Array.from(chunk));
        writing -= 1;
      },
    });
    await download.setProperty(BlockingMode, true);
    await download.start({ ranges: [{ offset: 0, length: body.size }] });
    assert.ok(Buffer.concat(chunks).equals(bytesAt(21, 0, body.size)));
  });

  await check(t, 'a stream that refuses ends the download with DO_E_FATAL_CORE_ERROR', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const download = await world.manager.downloads.createDownload();
    await download.setProperty(Uri, origin.put('/file', { body }));
    await download.setProperty(StreamInterface, {
      write() {
        throw new Error('full');
      },
    });
    await download.start({ ranges: [{ offset: 0, length: body.size }] });
    const { error } = await waitFor(download, Paused);
    assert.equal(error, HRESULT.DO_E_FATAL_CORE_ERROR);
    await download.abort();
  });

  await check(t, 'a stream and a path exclude each other', async () => {
    await using world = await open();
    const download = await world.manager.downloads.createDownload();
    await download.setProperty(StreamInterface, collector());
    await assert.rejects(download.setProperty(LocalPath, world.target('out')), {
      code: 'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
    });
    await assert.rejects(download.setProperty(StreamInterface, collector()), {
      code: 'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
    });
    await download.setProperty(StreamInterface, null);
    await assert.rejects(download.getProperty(StreamInterface), { code: 'E_NOT_SET' });
    await download.setProperty(LocalPath, world.target('out'));
    await assert.rejects(download.setProperty(StreamInterface, collector()), {
      code: 'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
    });
  });

  await check(t, 'a status callback hears of each state, and of nothing once cleared', async () => {
    await using origin = await startOrigin();
    await using world = await open({ retry: NO_RETRIES });
    const url = origin.put('/file', { body });
    let stalls = true;
    origin.always('/file', { kind: 'stall', afterBytes: 100_000 }, () => stalls);
    const download = await newDownload(world, url, 'out');
    const states: number[] = [];
    const callback = {
      onStatusChange(given: IDODownload, status: DO_DOWNLOAD_STATUS) {
        assert.equal(given, download);
        if (states.at(-1) !== status.state) states.push(status.state);
      },
    };
    const told = (state: DODownloadState): Promise<boolean> =>
      until(() => states.at(-1) === state, { what: `status ${state}`, timeoutMs: 10_000 });
    await download.setProperty(CallbackInterface, callback);
    assert.equal(await download.getProperty(CallbackInterface), callback);
    await download.start();
    await told(Transferring);
    await download.pause();
    await told(Paused);
    stalls = false;
    await download.start();
    await told(Transferred);
    await download.setProperty(CallbackInterface, null);
    await assert.rejects(download.getProperty(CallbackInterface), { code: 'E_NOT_SET' });
    await download.finalize();
    await sleep(150);
    assert.deepEqual(states, [Transferring, Paused, Transferring, Transferred]);
  });

  await check(t, 'a status callback may call its download', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const download = await newDownload(world, origin.put('/file', { body }), 'out');
    const done = Promise.withResolvers<void>();
    await download.setProperty(CallbackInterface, {
      async onStatusChange(given: IDODownload, { state }: DO_DOWNLOAD_STATUS) {
        if (state !== Transferred) return;
        assert.equal((await given.getStatus()).state, Transferred);
        await given.finalize();
        done.resolve();
      },
    });
    await download.start();
    await done.promise;
    await assertContent(world.target('out'), body);
  });

  await check(t, 'a download outlives the engine only if it is NonVolatile', async () => {
    await using world = await open();
    const kept = await newDownload(world, 'http://127.0.0.1:9/', 'kept');
    await kept.setProperty(DODownloadProperty.NonVolatile, true);
    await kept.setProperty(DisplayName, 'kept');
    const lost = await newDownload(world, 'http://127.0.0.1:9/', 'lost');
    await lost.setProperty(DisplayName, 'lost');
    const manager = await world.reopen();
    const found = await manager.downloads.enumDownloads();
    const names: unknown[] = [];
    for await (const download of found) names.push(await download.getProperty(DisplayName));
    assert.deepEqual(names, ['kept']);
  });
};
