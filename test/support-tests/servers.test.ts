import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { test } from 'node:test';

import { startChildServer } from '../support/child-server.ts';
import { compareFile, fillFile, startOrigin } from '../support/origin.ts';
import { temporaryDirectory, until } from '../support/temporary.ts';
import { startCaddy, startNginx, startTinyproxy } from '../support/web-servers.ts';
import { curl } from './curl.ts';

const SIZE = 3_000_000;

for (const [name, start] of [
  ['nginx', startNginx],
  ['caddy', startCaddy],
] as const) {
  test(`${name} serves a directory and tells what it sent`, async () => {
    await using root = await temporaryDirectory();
    await fillFile(root.join('file'), SIZE, 1);
    await using server = await start({ root: root.path });
    const path = root.join('copy');
    await curl(['-sSf', '-o', path, server.url('/file')]);
    assert.equal(await compareFile(path, SIZE, 1), undefined);
    await curl(['-sSf', '-r', '10-19', '-o', path, server.url('/file')]);
    const expected = [
      { request: 'GET /file HTTP/1.1', status: 200, bodyBytes: SIZE, range: '' },
      { request: 'GET /file HTTP/1.1', status: 206, bodyBytes: 10, range: 'bytes=10-19' },
    ];
    assert.deepEqual(await server.accessLog(), expected);
    assert.deepEqual(await server.accessLog(), expected);
  });
}

test('nginx limits its rate, and a bounded send buffer keeps its count honest', async () => {
  await using root = await temporaryDirectory();
  await fillFile(root.join('file'), SIZE, 1);
  await using server = await startNginx({
    root: root.path,
    limitRate: 1_000_000,
    sendBufferBytes: 16_384,
  });
  await assert.rejects(curl(['-sS', '-m', '0.4', '-o', '/dev/null', server.url('/file')]));
  const [entry] = await server.accessLog();
  assert.ok(
    entry && entry.bodyBytes > 100_000 && entry.bodyBytes < 1_500_000,
    `${entry?.bodyBytes}`,
  );
});

test('nginx serves https and takes directives', async () => {
  await using root = await temporaryDirectory();
  await fillFile(root.join('file'), SIZE, 1);
  await using server = await startNginx({
    root: root.path,
    https: 'good',
    config: 'location = /old { return 302 /file; }',
  });
  await writeFile(root.join('ca.pem'), server.caPem ?? '');
  const path = root.join('copy');
  await curl(['-sSfL', '--cacert', root.join('ca.pem'), '-o', path, server.url('/old')]);
  assert.equal(await compareFile(path, SIZE, 1), undefined);
});

test('tinyproxy passes on http and, by CONNECT, https', async () => {
  await using root = await temporaryDirectory();
  await using origin = await startOrigin({ tls: 'good' });
  await using plain = await startOrigin();
  await using proxy = await startTinyproxy();
  await writeFile(root.join('ca.pem'), origin.caPem ?? '');
  for (const each of [origin, plain]) {
    const url = each.put('/file', { body: { size: SIZE, seed: 1 } });
    const path = root.join('copy');
    await curl(['-sSf', '-x', proxy.url, '--cacert', root.join('ca.pem'), '-o', path, url]);
    assert.equal(await compareFile(path, SIZE, 1), undefined);
  }
  assert.match(await proxy.log(), /CONNECT/);
});

test('tinyproxy asks for credentials', async () => {
  await using origin = await startOrigin();
  const credentials = { user: 'haul', password: 'yard' };
  await using proxy = await startTinyproxy({ credentials });
  const url = origin.put('/file', { body: Buffer.from('x') });
  const anonymous = proxy.url.replace('haul:yard@', '');
  await assert.rejects(curl(['-sSf', '-x', anonymous, url]), /407/);
  assert.equal(await curl(['-sSf', '-x', proxy.url, url]), 'x');
});

test('a server is gone once disposed of', async () => {
  await using root = await temporaryDirectory();
  const server = await startNginx({ root: root.path });
  const url = server.url('/');
  await server[Symbol.asyncDispose]();
  const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
    get(url).on('error', resolve),
  );
  assert.equal(error.code, 'ECONNREFUSED');
});

test('a missing server names its package, a failing one its complaint', async () => {
  const prepare = (): Promise<string[]> => Promise.resolve(['-c', 'echo no configuration >&2']);
  const missing = { command: 'no-such-server', debianPackage: 'such-package', prepare };
  await assert.rejects(
    startChildServer(missing),
    /no-such-server is not installed: .*such-package/,
  );
  const failing = { command: 'sh', debianPackage: 'dash', prepare };
  await assert.rejects(startChildServer(failing), /sh ended at its start: no configuration/);
});

test('waiting in vain ends with a sentence', async () => {
  const never = until(() => false, { timeoutMs: 20, what: 'the moon' });
  await assert.rejects(never, /^Error: Waited 20 ms in vain for the moon\.$/);
  let looks = 0;
  assert.equal(await until(() => (++looks > 2 ? looks : 0), { what: 'a third look' }), 3);
});
