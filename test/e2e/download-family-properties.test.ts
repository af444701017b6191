import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  DODownloadProperty,
  DODownloadState,
  type DO_DOWNLOAD_STATUS,
  type IDODownload,
} from '../../src/index.ts';
import { NO_RETRIES, openWorld } from '../support/engine-world.ts';
import { startOrigin } from '../support/origin.ts';
import { until } from '../support/temporary.ts';
import {
  makeDownload,
  setAll,
  waitForDownload,
  waitForDownloadBytes,
  waitForFailure,
} from './download-family-world.ts';

const { Created, Transferring, Transferred, Finalized, Paused } = DODownloadState;
const Property = DODownloadProperty;
const body = { size: 500_000, seed: 31 };

test('what is set is read again, through any object of the same download', async () => {
  await using world = await openWorld();
  const onStatusChange = (): void => {};
  const values = {
    Uri: 'http://127.0.0.1:9/f?x=y',
    ContentId: 'content',
    DisplayName: 'Ünïcode',
    HttpCustomHeaders: 'A: b\r\nC: d\r\n',
    CostPolicy: 5,
    CallbackFreqPercent: 7,
    CallbackFreqSeconds: 3,
    NoProgressTimeoutSeconds: 61,
    ForegroundPriority: true,
    BlockingMode: true,
    CallbackInterface: { onStatusChange },
    CorrelationVector: 'cv.1',
    IntegrityCheckMandatory: true,
    TotalSizeBytes: 123,
    DisallowOnCellular: true,
    HttpAllowSecureToNonSecureRedirect: true,
    NonVolatile: true,
    LocalPath: world.target('not/there/yet'),
  };
  await makeDownload(world, values);
  const [found] = await (await world.manager.downloads.enumDownloads()).next();
  for (const [name, value] of Object.entries(values)) {
    assert.deepEqual(await found!.getProperty(Property[name as keyof typeof values]), value, name);
  }
  for (const name of ['HttpRedirectionTarget', 'HttpStatusCode', 'HttpServerIPAddress'] as const)
    await assert.rejects(found!.getProperty(Property[name]), { code: 'E_NOT_SET' });
  await assert.rejects(found!.getProperty(99 as DODownloadProperty), {
    code: 'DO_E_UNKNOWN_PROPERTY_ID',
  });
  await setAll(found!, { CallbackInterface: null, HttpCustomHeaders: '' });
  for (const name of ['CallbackInterface', 'HttpCustomHeaders'] as const)
    await assert.rejects(found!.getProperty(Property[name]), { code: 'E_NOT_SET' });
});

test('a path that no file can have is refused when it is set', async () => {
  await using world = await openWorld();
  const download = await world.manager.downloads.createDownload();
  for (const path of ['relative/file', `${world.target('a')}*`, world.target('')]) {
    await assert.rejects(setAll(download, { LocalPath: path }), { code: 'E_INVALIDARG' }, path);
  }
  await assert.rejects(download.getProperty(Property.LocalPath), { code: 'E_NOT_SET' });
});

test('what this version cannot honour is refused at start, and never ignored', async () => {
  await using world = await openWorld();
  const Uri = 'https://127.0.0.1:9/f';
  const certificate = new Uint8Array([32, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x30, 0]);
  const IntegrityCheckInfo = '{"HashOfHashes":"x"}';
  for (const [properties, code] of [
    [{ SecurityFlags: 0x100 }, 'E_NOTIMPL'],
    [{ SecurityFlags: 1 }, 'E_NOTIMPL'],
    [{ SecurityContext: certificate }, 'E_NOTIMPL'],
    [{ IntegrityCheckMandatory: true }, 'DO_E_INTEGRITYCHECKINFO_UNSPECIFIED'],
    [{ IntegrityCheckMandatory: true, IntegrityCheckInfo }, 'E_NOTIMPL'],
  ] as const) {
    const download = await makeDownload(world, { Uri, ...properties });
    await assert.rejects(download.start(), { code }, JSON.stringify(properties));
    assert.equal((await download.getStatus()).state, Created);
  }
  const download = await makeDownload(world, { Uri, IntegrityCheckInfo, NetworkToken: true });
  await download.start();
  assert.equal((await download.getStatus()).state, Transferring);
  await download.abort();
});

test('custom headers go out with every request, auth headers once the server has asked', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  const unauthorised = (request: {
    headers: Readonly<Record<string, string | undefined>>;
  }): boolean => request.headers['authorization'] !== 'Bearer secret';
  origin.always('/f', { kind: 'status', status: 401 }, unauthorised);
  origin.script(
    '/f',
    [{ kind: 'stall', afterBytes: 100_000 }],
    (request) => !unauthorised(request),
  );
  const download = await makeDownload(world, {
    Uri: url,
    HttpCustomHeaders: 'X-Custom: yes',
    HttpCustomAuthHeaders: 'Authorization: Bearer secret',
  });
  await download.start();
  await waitForDownloadBytes(download, 100_000);
  await download.pause();
  await download.start(null);
  await waitForDownload(download, Transferred);
  const sent = origin.requests.map(({ headers }) => [
    headers['x-custom'],
    headers['authorization'],
  ]);
  assert.deepEqual(sent, [
    ['yes', undefined],
    ['yes', 'Bearer secret'],
    ['yes', 'Bearer secret'],
  ]);
  await assert.rejects(download.getProperty(Property.HttpCustomAuthHeaders), {
    code: 'DO_E_WRITE_ONLY_PROPERTY',
  });
});

test('auth headers that the server refuses end the download with its status', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.always('/f', { kind: 'status', status: 401 });
  const download = await makeDownload(world, {
    Uri: url,
    HttpCustomAuthHeaders: 'Authorization: no',
  });
  await download.start();
  assert.equal((await waitForFailure(download)).error, 0x8019_0191);
  assert.equal(origin.requests.length, 2);
});

test('auth headers never leave the origin they were given for', async () => {
  await using origin = await startOrigin();
  await using other = await startOrigin();
  await using world = await openWorld();
  const elsewhere = other.put('/f', { body });
  other.always('/f', { kind: 'status', status: 401 });
  origin.always('/f', { kind: 'redirect', status: 302, location: elsewhere });
  const download = await makeDownload(world, {
    Uri: origin.url('/f'),
    HttpCustomAuthHeaders: 'Authorization: Bearer secret',
  });
  await download.start();
  assert.equal((await waitForFailure(download)).error, 0x8019_0191);
  assert.equal(other.requests.length, 1);
  assert.equal(other.requests[0]?.headers['authorization'], undefined);
  assert.equal(await download.getProperty(Property.HttpRedirectionTarget), elsewhere);
});

test('from https to http is followed only when the property allows it', async () => {
  await using plain = await startOrigin();
  await using secure = await startOrigin({ tls: 'good' });
  await using world = await openWorld({ ca: secure.caPem! });
  const location = plain.put('/f', { body });
  secure.always('/f', { kind: 'redirect', status: 302, location });
  const download = await makeDownload(world, { Uri: secure.url('/f') });
  await download.start();
  assert.equal((await waitForFailure(download)).error, 0x8007_2f7c);
  await setAll(download, { HttpAllowSecureToNonSecureRedirect: true });
  await download.start(null);
  await waitForDownload(download, Transferred);
  assert.equal(await download.getProperty(Property.HttpRedirectionTarget), location);
});

test('the status callback hears every change of state in order, one call at a time', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 100_000 }]);
  const heard: number[] = [];
  let busy = 0;
  let overlaps = 0;
  const onStatusChange = async (
    _download: IDODownload,
    status: DO_DOWNLOAD_STATUS,
  ): Promise<void> => {
    overlaps += busy;
    busy += 1;
    if (heard.at(-1) !== status.state) heard.push(status.state);
    await new Promise((resolve) => setTimeout(resolve, 5));
    busy -= 1;
  };
  const download = await makeDownload(world, { Uri: url, CallbackInterface: { onStatusChange } });
  await download.start();
  await waitForDownloadBytes(download, 100_000);
  await download.pause();
  await download.start(null);
  await waitForDownload(download, Transferred);
  await download.finalize();
  await until(() => heard.at(-1) === Finalized, { what: 'the last state' });
  assert.deepEqual(heard, [Transferring, Paused, Transferring, Transferred, Finalized]);
  assert.equal(overlaps, 0);
});

test('the callback may pause, look, start and finalize from inside', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 1_000_000 } });
  await using world = await openWorld();
  const seen: number[] = [];
  const done = Promise.withResolvers<void>();
  const onStatusChange = async (
    download: IDODownload,
    { state }: DO_DOWNLOAD_STATUS,
  ): Promise<void> => {
    try {
      if (state === Transferring && seen.length === 0) {
        await download.pause();
        seen.push((await download.getStatus()).state);
        await download.start(null);
      }
      if (state === Transferred) await download.finalize();
      if (state === Finalized) done.resolve();
    } catch (error) {
      done.reject(error);
    }
  };
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    CallbackInterface: { onStatusChange },
  });
  await download.start();
  await done.promise;
  assert.deepEqual(seen, [Paused]);
  assert.deepEqual(await world.names(), ['out.bin']);
});

test('by percent, the callback hears of the bytes that often and no more', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  await using world = await openWorld();
  const heard: number[] = [];
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body: { size: 2_000_000, seed: 3 } }),
    CallbackFreqPercent: 25,
    CallbackInterface: {
      onStatusChange: (_download: IDODownload, status: DO_DOWNLOAD_STATUS) => {
        if (status.state === Transferring) heard.push(status.bytesTransferred);
      },
    },
  });
  await download.start();
  await waitForDownload(download, Transferred);
  const steps = heard.slice(1).map((bytes, index) => bytes - heard[index]!);
  assert.ok(steps.length >= 2, heard.join(' '));
  assert.ok(
    steps.every((step) => step >= 500_000),
    heard.join(' '),
  );
});

test('a callback that throws is warned of, and the next change is told all the same', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  let calls = 0;
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    CallbackInterface: {
      onStatusChange: () => {
        calls += 1;
        throw new Error('no interest');
      },
    },
  });
  await download.start();
  await waitForDownload(download, Transferred);
  await until(() => calls >= 2, { what: 'two calls' });
  assert.match(world.warnings.join('\n'), /status callback .* failed: no interest/);
});

test('a callback that replaces another is the only one to hear from then on', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const heard: string[] = [];
  const naming = (name: string): { onStatusChange(): void } => ({
    onStatusChange: () => void heard.push(name),
  });
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    CallbackInterface: naming('first'),
  });
  await setAll(download, { CallbackInterface: naming('second') });
  await download.start();
  await waitForDownload(download, Transferred);
  await until(() => heard.length > 0, { what: 'a call' });
  await setAll(download, { CallbackInterface: null });
  const told = heard.length;
  await download.finalize();
  assert.deepEqual(new Set(heard), new Set(['second']));
  assert.ok(heard.length <= told + 1, 'at most a call that was under way already');
});

test('in blocking mode start resolves at Transferred', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    BlockingMode: true,
  });
  await download.start();
  assert.equal((await download.getStatus()).state, Transferred);
  await download.start(null);
});

test('in blocking mode start rejects with the error that stopped the download', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const download = await makeDownload(world, { Uri: origin.url('/missing'), BlockingMode: true });
  await assert.rejects(download.start(), { code: 'HTTP_E_STATUS_NOT_FOUND', httpStatus: 404 });
  assert.equal((await download.getStatus()).state, Paused);
});

for (const [how, end] of [
  ['pause', (download: IDODownload) => download.pause()],
  ['abort', (download: IDODownload) => download.abort()],
] as const) {
  test(`in blocking mode ${how} from elsewhere ends the wait with E_ABORT`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    origin.script('/f', [{ kind: 'stall', afterBytes: 1_000 }]);
    const download = await makeDownload(world, {
      Uri: origin.put('/f', { body }),
      BlockingMode: true,
    });
    const started = assert.rejects(download.start(), { code: 'E_ABORT' });
    await waitForDownloadBytes(download, 1_000);
    await end(download);
    await started;
  });
}

test('in blocking mode a retry is waited for, and a closed engine is not', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES });
  origin.script('/f', [{ kind: 'status', status: 503 }]);
  const download = await makeDownload(world, {
    Uri: origin.put('/f', { body }),
    BlockingMode: true,
  });
  const started = assert.rejects(download.start(), { code: 'DO_E_NO_SERVICE' });
  await until(async () => (await download.getStatus()).error !== 0, { what: 'a failed attempt' });
  await world.close();
  await started;
  await assert.rejects(download.pause(), { code: 'DO_E_NO_SERVICE' });
  await assert.rejects(download.setProperty(Property.DisplayName, 'x'), {
    code: 'DO_E_NO_SERVICE',
  });
});
