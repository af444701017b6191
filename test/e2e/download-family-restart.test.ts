import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { DODownloadProperty, DODownloadState, openManager } from '../../src/index.ts';
import { assertContent, NO_RETRIES, openWorld } from '../support/engine-world.ts';
import { startOrigin } from '../support/origin.ts';
import { temporaryDirectory, until } from '../support/temporary.ts';
import {
  makeDownload,
  waitForDownload,
  waitForDownloadBytes,
  waitForFailure,
} from './download-family-world.ts';

const { Created, Transferred, Paused } = DODownloadState;
const { Id, Uri, LocalPath, HttpCustomHeaders } = DODownloadProperty;
const body = { size: 500_000, seed: 41 };

test('a NonVolatile download that was under way goes on after a restart, and fetches nothing twice', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  origin.script('/f', [{ kind: 'stall', afterBytes: 200_000 }]);
  const download = await makeDownload(world, {
    Uri: url,
    NonVolatile: true,
    HttpCustomHeaders: 'X-Mine: 1',
    HttpCustomAuthHeaders: 'Authorization: x',
  });
  const id = await download.getProperty(Id);
  await download.start();
  await waitForDownloadBytes(download, 200_000);
  const manager = await world.reopen();
  const [again] = await (await manager.downloads.enumDownloads()).next();
  assert.equal(await again!.getProperty(Id), id);
  assert.equal(await again!.getProperty(Uri), url);
  assert.equal(await again!.getProperty(HttpCustomHeaders), 'X-Mine: 1');
  await waitForDownload(again!, Transferred);
  await again!.finalize();
  await assertContent(world.target('out.bin'), body);
  assert.equal(origin.requests.at(-1)?.headers['range'], 'bytes=200000-');
});

for (const state of ['Created', 'Paused', 'Transferred', 'failed'] as const) {
  test(`a NonVolatile download that is ${state} is kept, without a code`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld({ retry: NO_RETRIES });
    const url = origin.put('/f', { body });
    if (state === 'Paused') origin.script('/f', [{ kind: 'stall', afterBytes: 200_000 }]);
    if (state === 'failed') origin.script('/f', [{ kind: 'status', status: 404 }]);
    const download = await makeDownload(world, { Uri: url, NonVolatile: true });
    if (state !== 'Created') await download.start();
    if (state === 'Paused') {
      await waitForDownloadBytes(download, 200_000);
      await download.pause();
    } else if (state === 'Transferred') await waitForDownload(download, Transferred);
    else if (state === 'failed') await waitForFailure(download);
    const before = await download.getStatus();
    const manager = await world.reopen();
    const [again] = await (await manager.downloads.enumDownloads()).next();
    assert.deepEqual(await again!.getStatus(), { ...before, error: 0, extendedError: 0 });
    const expected = { Created, Paused, Transferred, failed: Paused }[state];
    assert.equal(before.state, expected);
    if (state !== 'Transferred') {
      await again!.start();
      await waitForDownload(again!, Transferred);
    }
    await again!.finalize();
    await assertContent(world.target('out.bin'), body);
  });
}

test('a volatile download is gone after a restart, and so is its partial file', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/f', { body });
  const download = await makeDownload(world, { Uri: url });
  await world.manager.downloads.createDownload();
  origin.script('/f', [{ kind: 'stall', afterBytes: 200_000 }]);
  await download.start();
  await waitForDownloadBytes(download, 200_000);
  assert.equal((await world.names()).length, 1);
  const manager = await world.reopen();
  await assert.rejects(manager.downloads.enumDownloads(), { code: 'DO_E_NO_DOWNLOADS' });
  await until(async () => (await world.names()).length === 0, { what: 'the partial file to go' });
  assert.deepEqual(world.warnings, []);
});

test('killed in the middle: the NonVolatile one goes on, the volatile one vanishes with its file', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin();
  const url = origin.put('/f', { body: { size: 4_000_000, seed: 5 } });
  origin.always('/f', { kind: 'stall', afterBytes: 2_000_000 }, () => origin.requests.length <= 2);
  const program = fileURLToPath(new URL('download-family-child.ts', import.meta.url));
  const child = spawn(process.execPath, [program, directory.path, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await until(() => output.includes('halfway\n'), { what: 'the child', timeoutMs: 20_000 });
  child.kill('SIGKILL');
  await once(child, 'close');
  const files = async (): Promise<string[]> =>
    (await readdir(directory.path)).filter((name) => name !== 'data').sort();
  assert.equal((await files()).length, 2, 'two partial files');

  await using manager = await openManager({ dataDir: directory.join('data') });
  const found = await (await manager.downloads.enumDownloads()).next(10);
  assert.deepEqual(await Promise.all(found.map((one) => one.getProperty(LocalPath))), [
    directory.join('lasting'),
  ]);
  await waitForDownload(found[0]!, Transferred);
  await found[0]!.finalize();
  await assertContent(join(directory.path, 'lasting'), { size: 4_000_000, seed: 5 });
  await until(async () => (await files()).length === 1, { what: 'the volatile file to go' });
  assert.match(String(origin.requests.at(-1)?.headers['range']), /^bytes=[1-9]\d+-/);
});
