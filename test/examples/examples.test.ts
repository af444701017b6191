import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { bytesAt, compareFile, fillFile, sha256Of, startOrigin } from '../support/origin.ts';
import { temporaryDirectory, until } from '../support/temporary.ts';
import { startNginx } from '../support/web-servers.ts';
import { type ProgramEnd, runExample, startExample } from './run-example.ts';

const SIZE = 5_000_001;
const SEED = 7;

function expectSuccess({ code, stdout, stderr }: ProgramEnd): void {
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, stdout);
}

test('first-job.ts fetches a file', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin();
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: SEED } });
  const end = await runExample('first-job.ts', {
    args: [url, directory.join('file.bin')],
    dataDir: directory.join('data'),
  });
  expectSuccess(end);
  assert.equal(end.stdout, `1 file, ${SIZE} bytes: ${directory.join('file.bin')}\n`);
  assert.equal(await compareFile(directory.join('file.bin'), SIZE, SEED), undefined);
});

test('first-job.ts says why it failed and leaves no file', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin();
  const end = await runExample('first-job.ts', {
    args: [origin.url('/missing.bin'), directory.join('file.bin')],
    dataDir: directory.join('data'),
  });
  assert.equal(end.code, 1);
  assert.match(end.stderr, /answered HTTP 404/);
  await assert.rejects(open(directory.join('file.bin')), { code: 'ENOENT' });
});

test('download.ts fetches a file whose digest is right, and refuses any other', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin();
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: SEED } });
  const dataDir = directory.join('data');
  const good = await runExample('download.ts', {
    args: [url, directory.join('good.bin'), sha256Of(SIZE, SEED)],
    dataDir,
  });
  expectSuccess(good);
  assert.match(good.stdout, /^saved .*good\.bin$/m);
  assert.equal(await compareFile(directory.join('good.bin'), SIZE, SEED), undefined);

  const missing = await runExample('download.ts', {
    args: [origin.url('/missing.bin'), directory.join('missing.bin')],
    dataDir,
  });
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^HTTP_E_STATUS_NOT_FOUND: /);
});

test('download.ts interrupted by Ctrl-C goes on where it was', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: SEED } });
  const options = { args: [url, directory.join('file.bin')], dataDir: directory.join('data') };

  const first = startExample('download.ts', options);
  await until(() => /^[1-9]\d{5,} of /m.test(first.output()), {
    what: 'some bytes to be fetched',
    timeoutMs: 20_000,
  });
  first.kill('SIGINT');
  const { code, stderr } = await first.ended;
  assert.deepEqual([code, stderr], [1, 'interrupted; the same command goes on from here\n']);

  origin.limit({});
  expectSuccess(await runExample('download.ts', options));
  assert.equal(await compareFile(directory.join('file.bin'), SIZE, SEED), undefined);
  assert.ok(origin.bytesSent() < SIZE * 1.5, `${origin.bytesSent()} bytes were sent`);
});

test('ranges.ts fetches three parts in the order given', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin();
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: SEED } });
  const end = await runExample('ranges.ts', {
    args: [url, directory.join('parts.bin')],
    dataDir: directory.join('data'),
  });
  expectSuccess(end);
  const expected = Buffer.concat([
    bytesAt(SEED, 1_048_576, 4_096),
    bytesAt(SEED, 0, 1_024),
    bytesAt(SEED, 2_097_152, SIZE - 2_097_152),
  ]);
  assert.ok((await readFile(directory.join('parts.bin'))).equals(expected));
  assert.match(end.stdout, new RegExp(`^saved ${expected.length} bytes in `));
});

test('download-family.ts reads a part as a stream and fetches the whole', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin();
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: SEED } });
  const end = await runExample('download-family.ts', {
    args: [url, directory.join('file.bin')],
    dataDir: directory.join('data'),
  });
  expectSuccess(end);
  const digest = createHash('sha256')
    .update(bytesAt(SEED, 0, 4_096))
    .digest('hex');
  assert.ok(end.stdout.startsWith(`first 4096 bytes: sha-256 ${digest}\n`), end.stdout);
  assert.ok(end.stdout.endsWith(`saved ${directory.join('file.bin')}\n`), end.stdout);
  assert.equal(await compareFile(directory.join('file.bin'), SIZE, SEED), undefined);
});

test('download-family.ts killed on its way goes on from its bytes', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: SEED } });
  const options = { args: [url, directory.join('file.bin')], dataDir: directory.join('data') };
  const first = startExample('download-family.ts', options);
  await until(() => origin.bytesSent() > 3_000_000, { what: 'bytes', timeoutMs: 20_000 });
  first.kill('SIGKILL');
  await first.ended;

  origin.limit({});
  expectSuccess(await runExample('download-family.ts', options));
  assert.equal(await compareFile(directory.join('file.bin'), SIZE, SEED), undefined);
  assert.ok(origin.bytesSent() < SIZE * 1.5, `${origin.bytesSent()} bytes were sent`);
});

test('updater.ts killed on its way finds its job and goes on from its bytes', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 4_000_000 } });
  const url = origin.put('/file.bin', { body: { size: SIZE, seed: SEED } });
  const dataDir = directory.join('state');
  const options = { args: [url, directory.join('update.bin'), dataDir], dataDir };

  const first = startExample('updater.ts', options);
  await until(() => origin.bytesSent() > 3_000_000, { what: 'bytes', timeoutMs: 20_000 });
  first.kill('SIGKILL');
  assert.match((await first.ended).stdout, /^created job [0-9a-f-]{36}\n$/);
  await assert.rejects(open(directory.join('update.bin')), { code: 'ENOENT' });

  origin.limit({});
  const second = await runExample('updater.ts', options);
  expectSuccess(second);
  const kept = Number(/^found job with (\d+) bytes$/m.exec(second.stdout)?.[1]);
  assert.ok(kept >= 1_000_000 && kept < SIZE, second.stdout);
  assert.match(second.stdout, /^updated .*update\.bin$/m);
  assert.equal(await compareFile(directory.join('update.bin'), SIZE, SEED), undefined);

  const third = await runExample('updater.ts', options);
  expectSuccess(third);
  assert.match(third.stdout, /^already there: /);
});

test('every-method.ts passes against nginx', async () => {
  await using directory = await temporaryDirectory();
  await fillFile(directory.join('file.bin'), SIZE, SEED);
  await using nginx = await startNginx({ root: directory.path });
  const end = await runExample('every-method.ts', {
    args: [nginx.url('/file.bin')],
    dataDir: directory.join('data'),
  });
  expectSuccess(end);
  assert.doesNotMatch(end.stdout, /FAILED/);
  const [, count] = /^(\d+) rows, \1 passed, 0 failed$/m.exec(end.stdout) ?? [];
  assert.ok(Number(count) >= 50, end.stdout);
});

test('every-method.ts shows which check failed, and exits with 1', async () => {
  await using directory = await temporaryDirectory();
  await using origin = await startOrigin();
  const url = origin.put('/file.bin', { body: { size: 2_000_000, seed: SEED } });
  // The caller's ranges cannot be fetched from a server that ignores them (80D05011).
  origin.always('/file.bin', { kind: 'ignore-range' });
  const { code, stdout } = await runExample('every-method.ts', {
    args: [url],
    dataDir: directory.join('data'),
  });
  assert.equal(code, 1);
  assert.match(stdout, /^IBackgroundCopyCallback\.jobTransferred +FAILED: .* instead of a range/m);
  assert.match(stdout, /^\d+ rows, \d+ passed, [1-9]\d* failed$/m);
});
