import assert from 'node:assert/strict';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import {
  BG_JOB_TYPE,
  DODownloadProperty,
  DODownloadState,
  DO_LENGTH_TO_EOF,
  HRESULT,
  type IDODownload,
} from '../../src/index.ts';
import { assertContent, FAST_RETRIES, NO_RETRIES, openWorld } from '../support/engine-world.ts';
import { bytesAt, startOrigin } from '../support/origin.ts';
import { until } from '../support/temporary.ts';
import {
  makeDownload,
  partOf,
  setAll,
  waitForDownload,
  waitForDownloadBytes,
  waitForFailure,
} from './download-family-world.ts';

const { Created, Transferring, Transferred, Finalized, Aborted, Paused } = DODownloadState;
const { Id, Uri, TotalSizeBytes, HttpStatusCode } = DODownloadProperty;
const body = { size: 500_000, seed: 11 };
const WHOLE = { ranges: [] } as const;

async function stateOf(download: IDODownload): Promise<DODownloadState> {
  return (await download.getStatus()).state;
}

async function idOf(download: IDODownload): Promise<string> {
  const id = await download.getProperty(Id);
  assert.ok(typeof id === 'string');
  return id;
}

test('a download goes from Created to Finalized, and its file appears at the end', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const target = world.target('made/on/the/way/out.bin');
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    LocalPath: target,
  });
  assert.equal(await stateOf(download), Created);
  await download.pause();
  assert.equal(await stateOf(download), Created, 'a pause before the start changes nothing');
  await assert.rejects(download.start(null), { code: 'DO_E_DOWNLOAD_RANGES_EXPECTED' });
  await assert.rejects(download.finalize(), { code: 'DO_E_INVALID_STATE' });

  await download.start();
  const done = await waitForDownload(download, Transferred);
  assert.deepEqual(done, {
    bytesTotal: body.size,
    bytesTransferred: body.size,
    state: Transferred,
    error: 0,
    extendedError: 0,
  });
  await assert.rejects(stat(target), { code: 'ENOENT' });
  assert.equal(await download.getProperty(TotalSizeBytes), body.size);
  assert.equal(await download.getProperty(HttpStatusCode), 200);

  await download.start(null);
  await download.start(WHOLE);
  await download.pause();
  assert.equal(await stateOf(download), Transferred, 'all of it is here');
  await download.finalize();
  assert.equal(await stateOf(download), Finalized);
  await assertContent(target, body);
  await download.finalize();
  for (const call of [download.start(WHOLE), download.pause(), download.abort()])
    await assert.rejects(call, { code: 'DO_E_INVALID_STATE' });
  assert.equal(origin.requests.length, 1);
});

test('abort deletes what was fetched, and can be called again', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 100_000 }]);
  const download = await makeDownload(world, { Uri: url });
  await download.start();
  await waitForDownloadBytes(download, 100_000);
  await download.abort();
  assert.equal(await stateOf(download), Aborted);
  assert.deepEqual(await world.names(), []);
  await download.abort();
  await assert.rejects(download.finalize(), { code: 'DO_E_INVALID_STATE' });
  await assert.rejects(world.manager.downloads.enumDownloads(), { code: 'DO_E_NO_DOWNLOADS' });
});

test('abort of a Transferred download deletes the file nobody delivered', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const download = await makeDownload(world, { Uri: origin.put('/f', { body }) });
  await download.start();
  await waitForDownload(download, Transferred);
  await download.abort();
  assert.deepEqual(await world.names(), []);
});

test('a pause keeps the bytes, and start goes on after the last of them', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 200_000 }]);
  const download = await makeDownload(world, { Uri: url });
  await download.start(WHOLE);
  await waitForDownloadBytes(download, 200_000);
  await assert.rejects(download.start(WHOLE), { code: 'DO_E_INVALID_STATE' });
  await download.start(null);
  assert.equal(await stateOf(download), Transferring);
  await download.pause();
  const paused = await download.getStatus();
  assert.deepEqual([paused.state, paused.error, paused.extendedError], [Paused, 0, 0]);
  await download.start(null);
  await waitForDownload(download, Transferred);
  await download.finalize();
  await assertContent(world.target('out.bin'), body);
  assert.equal(origin.requests.at(-1)?.headers['range'], 'bytes=200000-');
});

test('ranges are put together in their order, and other ranges take their place', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const download = await makeDownload(world, { Uri: origin.put('/f', { body }) });
  await download.start({
    ranges: [
      { offset: 1_000, length: 500 },
      { offset: 0, length: 10 },
    ],
  });
  const first = await waitForDownload(download, Transferred);
  assert.equal(first.bytesTotal, 510);
  // Another portion (job-lifecycle.md 11): not the same ones, which would be here already.
  await download.start({
    ranges: [
      { offset: 1_000, length: 500 },
      { offset: 0, length: 10 },
    ],
  });
  assert.equal(await stateOf(download), Transferred);
  await download.start({ ranges: [{ offset: 499_000, length: DO_LENGTH_TO_EOF }] });
  const second = await waitForDownload(download, Transferred);
  assert.equal(second.bytesTotal, 1_000);
  assert.equal(await download.getProperty(TotalSizeBytes), body.size, 'of the remote file');
  await download.finalize();
  const found = await readFile(world.target('out.bin'));
  assert.ok(found.equals(Buffer.from(bytesAt(body.seed, 499_000, 1_000))));
});

test('other ranges while Paused begin anew', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 100_000 }]);
  const download = await makeDownload(world, { Uri: url });
  await download.start();
  await waitForDownloadBytes(download, 100_000);
  await download.pause();
  await download.start({ ranges: [{ offset: 7, length: 13 }] });
  await waitForDownload(download, Transferred);
  await download.finalize();
  const found = await readFile(world.target('out.bin'));
  assert.ok(found.equals(Buffer.from(bytesAt(body.seed, 7, 13))));
});

test('a start is refused without URI or sink, and with ranges that are none', async () => {
  await using world = await openWorld();
  const download = await world.manager.downloads.createDownload();
  await assert.rejects(download.start(), { code: 'DO_E_DOWNLOAD_NO_URI' });
  await setAll(download, { ContentId: 'content' });
  await assert.rejects(download.start(), {
    code: 'DO_E_DOWNLOAD_NO_URI',
    message: /ContentId alone/,
  });
  await setAll(download, { Uri: 'http://127.0.0.1:9/f' });
  await assert.rejects(download.start(), { code: 'DO_E_FILE_DOWNLOADSINK_UNSPECIFIED' });
  await setAll(download, { LocalPath: world.target('out.bin'), TotalSizeBytes: 100 });
  const bad: readonly (readonly [unknown, string])[] = [
    [5, 'E_INVALIDARG'],
    [{}, 'E_INVALIDARG'],
    [{ ranges: 'all' }, 'E_INVALIDARG'],
    [{ ranges: [null] }, 'E_INVALIDARG'],
    [{ ranges: [{ offset: 0 }] }, 'E_INVALIDARG'],
    [{ ranges: [{ offset: 0, length: 0 }] }, 'DO_E_INVALID_RANGE'],
    [{ ranges: [{ offset: -1, length: 5 }] }, 'DO_E_INVALID_RANGE'],
    [{ ranges: [{ offset: DO_LENGTH_TO_EOF, length: 5 }] }, 'DO_E_INVALID_RANGE'],
    [{ ranges: [{ offset: 90, length: 11 }] }, 'DO_E_INVALID_RANGE'],
    [
      {
        ranges: [
          { offset: 0, length: 5 },
          { offset: 4, length: 5 },
        ],
      },
      'DO_E_OVERLAPPING_RANGES',
    ],
  ];
  for (const [ranges, code] of bad) {
    await assert.rejects(download.start(ranges as typeof WHOLE), { code }, JSON.stringify(ranges));
  }
  assert.equal(await stateOf(download), Created);
});

test('an error of the server pauses the download with its code, and start tries again', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'status', status: 404 }]);
  const download = await makeDownload(world, { Uri: url });
  await download.start();
  const failed = await waitForFailure(download);
  assert.deepEqual([failed.error, failed.extendedError], [HRESULT.HTTP_E_STATUS_NOT_FOUND, 0]);
  assert.equal(await download.getProperty(HttpStatusCode), 404);
  await download.pause();
  assert.equal((await download.getStatus()).error, failed.error, 'a pause keeps the code');
  await download.start(null);
  await waitForDownload(download, Transferred);
});

test('a retry shows its code while it waits', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES });
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'status', status: 503 }]);
  const download = await makeDownload(world, { Uri: url });
  await download.start();
  const waiting = await until(
    async () => {
      const status = await download.getStatus();
      return status.error === 0 ? false : status;
    },
    { what: 'the error of a retry' },
  );
  assert.ok(waiting !== false);
  assert.deepEqual(
    [waiting.state, waiting.error],
    [Transferring, HRESULT.HTTP_E_STATUS_SERVICE_UNAVAIL],
  );
  await download.pause();
  const paused = await download.getStatus();
  assert.deepEqual([paused.state, paused.error], [Paused, 0]);
  await download.start(null);
  await waitForDownload(download, Transferred);
});

test('a file that changes on the server begins again, and BytesTransferred falls', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: FAST_RETRIES });
  const url = origin.put('/f', { body, etag: '"one"' });
  origin.script('/f', [
    { kind: 'stall', afterBytes: 300_000 },
    { kind: 'stall', afterBytes: 100_000 },
  ]);
  const download = await makeDownload(world, { Uri: url });
  await download.start();
  await waitForDownloadBytes(download, 300_000);
  await download.pause();
  const changed = { size: 400_000, seed: 12 };
  origin.put('/f', { body: changed, etag: '"two"' });
  await download.start(null);
  await until(
    async () => {
      const { bytesTotal, bytesTransferred } = await download.getStatus();
      return bytesTotal === changed.size && bytesTransferred === 100_000;
    },
    { what: 'the new file to begin' },
  );
  await download.pause();
  await download.start(null);
  await waitForDownload(download, Transferred);
  await download.finalize();
  await assertContent(world.target('out.bin'), changed);
});

test('a new Uri while Paused keeps the bytes when its validators agree', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 200_000 }]);
  const download = await makeDownload(world, { Uri: url });
  await download.start();
  await waitForDownloadBytes(download, 200_000);
  const mirror = origin.put('/mirror', { body });
  await assert.rejects(download.setProperty(Uri, mirror), { code: 'DO_E_INVALID_STATE' });
  await download.pause();
  await download.setProperty(Uri, mirror);
  assert.equal(await download.getProperty(Uri), mirror);
  assert.equal((await download.getStatus()).bytesTransferred, 200_000);
  await download.start(null);
  await waitForDownload(download, Transferred);
  await download.finalize();
  await assertContent(world.target('out.bin'), body);
  const [request] = origin.requests.filter(({ path }) => path === '/mirror');
  assert.equal(request?.headers['range'], 'bytes=200000-');
});

test('a partial file deleted while Paused fails the next start, and the one after begins anew', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 200_000 }]);
  const download = await makeDownload(world, { Uri: url });
  await download.start();
  await waitForDownloadBytes(download, 200_000);
  await download.pause();
  await rm(await partOf(world.target('out.bin')));
  await download.start(null);
  const failed = await download.getStatus();
  assert.deepEqual([failed.state, failed.error], [Paused, HRESULT.ERROR_FILE_NOT_FOUND]);
  await download.start(null);
  await waitForDownload(download, Transferred);
  await download.finalize();
  await assertContent(world.target('out.bin'), body);
});

test('all bytes there before the state could change: start makes it Transferred without a request', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  // Its size is announced and its end is not: every byte is written while the answer goes on.
  const url = origin.put('/f', { body });
  const taken = Promise.withResolvers<void>();
  const download = await makeDownload(world, {
    Uri: url,
    StreamInterface: { write: () => taken.promise },
  });
  await download.start({ ranges: [{ offset: 0, length: body.size }] });
  await waitForDownloadBytes(download, body.size);
  await download.pause();
  assert.equal(await stateOf(download), Paused);
  const requests = origin.requests.length;
  taken.resolve();
  await download.start(null);
  await waitForDownload(download, Transferred);
  assert.equal(origin.requests.length, requests);
});

test('a file in the way is not overwritten, neither by start nor by finalize', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const target = world.target('out.bin');
  await writeFile(target, 'somebody else’s');
  const download = await makeDownload(world, { Uri: origin.put('/f', { body }) });
  await assert.rejects(download.start(), { code: 'ERROR_FILE_EXISTS', hresult: 0x8007_0050 });
  assert.equal(await stateOf(download), Created);
  await rm(target);
  await download.start();
  await waitForDownload(download, Transferred);
  await writeFile(target, 'somebody else’s');
  await assert.rejects(download.finalize(), { code: 'ERROR_FILE_EXISTS' });
  assert.equal(await readFile(target, 'utf8'), 'somebody else’s');
  assert.equal(await stateOf(download), Transferred);
  await rm(target);
  await download.finalize();
  await assertContent(target, body);
});

test('of two downloads to one path the older is aborted when the newer starts', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 1_000 }]);
  const older = await makeDownload(world, { Uri: url });
  const newer = await makeDownload(world, { Uri: url });
  const elsewhere = await makeDownload(world, { Uri: url, LocalPath: world.target('other.bin') });
  await older.start();
  await elsewhere.start();
  assert.equal(await stateOf(older), Transferring);
  await newer.start();
  const gone = await older.getStatus();
  assert.deepEqual([gone.state, gone.error], [Aborted, 0]);
  await waitForDownload(newer, Transferred);
  await newer.finalize();
  await assertContent(world.target('out.bin'), body);
  assert.notEqual(await stateOf(elsewhere), Aborted);
});

test('two downloads started on one path at the same moment leave exactly one', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  const both = [await makeDownload(world, { Uri: url }), await makeDownload(world, { Uri: url })];
  await Promise.all(both.map((download) => download.start()));
  const states = await Promise.all(both.map(stateOf));
  assert.equal(states.filter((state) => state === Aborted).length, 1);
});

test('downloads are not among the jobs, and jobs not among the downloads', async () => {
  await using world = await openWorld();
  const { manager } = world;
  const job = await manager.createJob('job', BG_JOB_TYPE.DOWNLOAD);
  await assert.rejects(manager.downloads.enumDownloads(), { code: 'DO_E_NO_DOWNLOADS' });
  const download = await manager.downloads.createDownload();
  const id = await idOf(download);
  await assert.rejects(manager.getJob(id), { code: 'DO_E_JOB_NOT_FOUND' });
  const jobs = await (await manager.enumJobs()).next(10);
  assert.deepEqual(await Promise.all(jobs.map((found) => found.getId())), [await job.getId()]);
  const [found] = await (await manager.downloads.enumDownloads()).next(10);
  assert.equal(await found?.getProperty(Id), id);
});

test('downloads are found again by each of the five properties, compared exactly', async () => {
  await using world = await openWorld();
  const { downloads } = world.manager;
  const properties = {
    Uri: 'http://127.0.0.1:9/a',
    ContentId: 'content',
    DisplayName: 'Name',
    LocalPath: world.target('a'),
  };
  const download = await makeDownload(world, properties);
  await makeDownload(world, { Uri: 'http://127.0.0.1:9/b', LocalPath: world.target('b') });
  const id = await idOf(download);
  const filters = [
    ['Id', id] as const,
    ...(Object.entries(properties) as [keyof typeof properties, string][]),
  ];
  for (const [name, value] of filters) {
    const property = DODownloadProperty[name];
    const found = await (await downloads.enumDownloads({ property, value })).next(10);
    assert.deepEqual(await Promise.all(found.map((one) => one.getProperty(Id))), [id], name);
    await assert.rejects(downloads.enumDownloads({ property, value: `${value}x` }), {
      code: 'DO_E_NO_DOWNLOADS',
    });
  }
  await assert.rejects(
    downloads.enumDownloads({ property: Uri, value: properties.Uri.toUpperCase() }),
    {
      code: 'DO_E_NO_DOWNLOADS',
    },
  );
  assert.equal(await (await downloads.enumDownloads()).getCount(), 2);
  const { CostPolicy } = DODownloadProperty;
  await assert.rejects(downloads.enumDownloads({ property: CostPolicy, value: '2' }), {
    code: 'E_INVALIDARG',
  });
});
