import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import {
  NO_RETRIES,
  addJob,
  assertContent,
  openWorld,
  reportedFailure,
  runAndComplete,
  runToEnd,
  waitForState,
} from '../support/engine-world.ts';
import { BG_JOB_STATE } from '../../src/index.ts';
import { startOrigin, type CertificateKind } from '../support/origin.ts';
import { tlsIdentity } from '../support/origin-tls.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startTinyproxy } from '../support/web-servers.ts';

const PROXY_CHILD = fileURLToPath(new URL('proxy-child.ts', import.meta.url));

const body = { size: 500_000, seed: 61 };

for (const [kind, extended] of [
  ['self-signed', 0x8007_2f0d],
  ['wrong-name', 0x8007_2f06],
  ['expired', 0x8007_2f05],
] as const satisfies readonly (readonly [CertificateKind, number])[]) {
  test(`a certificate that is ${kind} is refused for good, with the reason`, async () => {
    await using origin = await startOrigin({ tls: kind });
    const { caPem } = await tlsIdentity('good');
    await using world = await openWorld({ ca: caPem });
    const { job, target } = await addJob(world, origin.put('/file.bin', { body }));
    assert.equal(await runToEnd(job), 'ERROR');
    const failure = await reportedFailure(job);
    assert.equal(failure.hresult, 0x80d0_5002);
    assert.equal(failure.info['ExtendedHResult'], extended);
    assert.equal(failure.file, target);
    assert.equal(origin.requests.length, 0);
  });
}

test('a certificate of an authority that is given is accepted', async () => {
  await using origin = await startOrigin({ tls: 'good' });
  await using world = await openWorld({ ca: origin.caPem! });
  const { job, target } = await addJob(world, origin.put('/file.bin', { body }));
  await runAndComplete(job);
  await assertContent(target, body);
});

test('a certificate of an authority that is not given is refused', async () => {
  await using origin = await startOrigin({ tls: 'good' });
  await using world = await openWorld();
  const { job } = await addJob(world, origin.put('/file.bin', { body }));
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).hresult, 0x80d0_5002);
});

test('https may not lead to http, and http may lead to https', async () => {
  await using secure = await startOrigin({ tls: 'good' });
  await using plain = await startOrigin();
  await using world = await openWorld({ ca: secure.caPem! });
  plain.put('/file.bin', { body });
  secure.put('/file.bin', { body });
  secure.always('/down', { kind: 'redirect', status: 302, location: plain.url('/file.bin') });
  plain.always('/up', { kind: 'redirect', status: 302, location: secure.url('/file.bin') });
  const down = await addJob(world, secure.url('/down'), 'down');
  assert.equal(await runToEnd(down.job), 'ERROR');
  assert.equal((await reportedFailure(down.job)).hresult, 0x8007_2f7c);
  assert.equal(plain.requests.length, 0);
  const up = await addJob(world, plain.url('/up'), 'up');
  await runAndComplete(up.job);
  await assertContent(up.target, body);
});

test('plain http to a port that speaks TLS is transient', async () => {
  await using secure = await startOrigin({ tls: 'good' });
  await using world = await openWorld({ retry: NO_RETRIES, ca: secure.caPem! });
  const { job } = await addJob(world, secure.url('/x').replace('https:', 'http:'));
  await job.resume();
  await waitForState(job, BG_JOB_STATE.TRANSIENT_ERROR);
});

// Proxies: from the environment, so each in a process of its own.

/** Fetches the URLs with these variables set, and returns what became of each. */
async function fetchInChild(
  environment: Readonly<Record<string, string>>,
  urls: readonly string[],
  directory: string,
  ca: string = '',
): Promise<string[]> {
  const child = spawn(process.execPath, [PROXY_CHILD, directory, ca, ...urls], {
    env: { PATH: process.env['PATH'], HOME: directory, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, output);
  return JSON.parse(output) as string[];
}

test('http goes through the proxy in absolute form, and ranges with it', async () => {
  await using origin = await startOrigin();
  await using proxy = await startTinyproxy();
  await using directory = await temporaryDirectory();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 200_000 }]);
  const results = await fetchInChild({ http_proxy: proxy.url }, [url], directory.path);
  assert.deepEqual(results, ['TRANSFERRED']);
  await assertContent(directory.join('0'), body);
  assert.match(await proxy.log(), /file\.bin/);
  assert.equal(origin.requests.at(-1)?.headers['range'], 'bytes=200000-');
  assert.ok(origin.requests.every(({ headers }) => headers['via'] !== undefined));
});

test('https goes through a CONNECT tunnel, which sees no path and no certificate of its own', async () => {
  await using origin = await startOrigin({ tls: 'good' });
  await using proxy = await startTinyproxy();
  await using directory = await temporaryDirectory();
  const url = origin.put('/secret.bin', { body });
  const results = await fetchInChild(
    { https_proxy: proxy.url },
    [url],
    directory.path,
    origin.caPem,
  );
  assert.deepEqual(results, ['TRANSFERRED']);
  await assertContent(directory.join('0'), body);
  const log = await proxy.log();
  assert.match(log, /CONNECT/);
  assert.doesNotMatch(log, /secret/);
});

test('a bad certificate is refused through the tunnel too', async () => {
  await using origin = await startOrigin({ tls: 'wrong-name' });
  await using proxy = await startTinyproxy();
  await using directory = await temporaryDirectory();
  const url = origin.put('/file.bin', { body });
  const results = await fetchInChild(
    { https_proxy: proxy.url },
    [url],
    directory.path,
    origin.caPem,
  );
  assert.deepEqual(results, ['DO_E_HTTP_CERT_VALIDATION']);
});

test('no_proxy, a lower-case name and all_proxy are heeded', async () => {
  await using origin = await startOrigin();
  await using proxy = await startTinyproxy();
  await using directory = await temporaryDirectory();
  const url = origin.put('/file.bin', { body });
  const direct = { http_proxy: proxy.url, no_proxy: 'example.com,127.0.0.1' };
  assert.deepEqual(await fetchInChild(direct, [url], directory.path), ['TRANSFERRED']);
  assert.equal(origin.requests.at(-1)?.headers['via'], undefined);
  // Upper case alone is used; where both are set, lower case wins.
  const both = { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: proxy.url };
  assert.deepEqual(await fetchInChild(both, [url], directory.path), ['TRANSFERRED']);
  assert.ok(origin.requests.at(-1)?.headers['via'] !== undefined);
  assert.deepEqual(await fetchInChild({ ALL_PROXY: proxy.url }, [url], directory.path), [
    'TRANSFERRED',
  ]);
  assert.ok(origin.requests.at(-1)?.headers['via'] !== undefined);
});

test('credentials in the proxy URL go to the proxy and not through it', async () => {
  await using origin = await startOrigin();
  await using secure = await startOrigin({ tls: 'good' });
  await using proxy = await startTinyproxy({ credentials: { user: 'me', password: 'secret' } });
  await using directory = await temporaryDirectory();
  const urls = [origin.put('/file.bin', { body }), secure.put('/file.bin', { body })];
  const environment = { http_proxy: proxy.url, https_proxy: proxy.url };
  assert.deepEqual(await fetchInChild(environment, urls, directory.path, secure.caPem), [
    'TRANSFERRED',
    'TRANSFERRED',
  ]);
  for (const { requests } of [origin, secure]) {
    assert.ok(requests.every(({ headers }) => headers['proxy-authorization'] === undefined));
  }
});

test('a proxy that wants other credentials is fatal with 407, over http and over https', async () => {
  await using origin = await startOrigin();
  await using secure = await startOrigin({ tls: 'good' });
  await using proxy = await startTinyproxy({ credentials: { user: 'me', password: 'secret' } });
  await using directory = await temporaryDirectory();
  const urls = [origin.put('/file.bin', { body }), secure.put('/file.bin', { body })];
  const open = `http://127.0.0.1:${proxy.port}`;
  const environment = { http_proxy: open, https_proxy: open };
  assert.deepEqual(await fetchInChild(environment, urls, directory.path, secure.caPem), [
    'HTTP 407',
    'HTTP 407',
  ]);
});

test('a tunnel that the proxy cannot build is a transient failure', async () => {
  await using gone = await startOrigin();
  const url = gone.url('/file.bin').replace('http:', 'https:');
  await gone[Symbol.asyncDispose]();
  await using proxy = await startTinyproxy();
  await using directory = await temporaryDirectory();
  const results = await fetchInChild({ https_proxy: proxy.url }, [url], directory.path);
  assert.match(results[0]!, /^transient HTTP 50[0234]$/);
});

test('several jobs and several connections run side by side through a proxy', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 4_000_000 } });
  await using proxy = await startTinyproxy();
  await using directory = await temporaryDirectory();
  const large = { size: 24_000_000, seed: 62 };
  const url = origin.put('/file.bin', { body: large });
  assert.deepEqual(await fetchInChild({ http_proxy: proxy.url }, [url], directory.path), [
    'TRANSFERRED',
  ]);
  await assertContent(directory.join('0'), large);
  assert.ok(origin.connections.peakBusy > 1, `${origin.connections.peakBusy} at once`);
});

test('a proxy that is not there is a transient failure', async () => {
  await using origin = await startOrigin();
  await using directory = await temporaryDirectory();
  const url = origin.put('/file.bin', { body });
  const results = await fetchInChild(
    { http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' },
    [url, url.replace('http:', 'https:')],
    directory.path,
  );
  assert.deepEqual(results, [
    'transient ERROR_WINHTTP_CANNOT_CONNECT',
    'transient ERROR_WINHTTP_CANNOT_CONNECT',
  ]);
  assert.equal(origin.requests.length, 0);
});
