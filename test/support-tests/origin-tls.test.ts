import assert from 'node:assert/strict';
import { get } from 'node:https';
import type { RequestOptions } from 'node:https';
import { test } from 'node:test';

import { startOrigin } from '../support/origin.ts';
import { tlsIdentity } from '../support/origin-tls.ts';

/** 'whole' or the code of what went wrong. */
function ask(url: string, options: RequestOptions): Promise<string> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    get(url, { agent: false, ...options }, (response) => {
      response.on('error', failed).on('end', () => resolve('whole'));
      response.resume();
    }).on('error', failed);
  });
}

for (const [kind, expected] of [
  ['good', 'whole'],
  ['expired', 'CERT_HAS_EXPIRED'],
  ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
] as const) {
  test(`a ${kind} certificate gives a client that trusts the authority: ${expected}`, async () => {
    await using origin = await startOrigin({ tls: kind });
    const url = origin.put('/file', { body: { size: 100_000, seed: 1 } });
    assert.equal(await ask(url, { ca: origin.caPem }), expected);
  });
}

test('faults reach through TLS, resets included', async () => {
  await using origin = await startOrigin({ tls: 'good' });
  const url = origin.put('/file', { body: { size: 100_000, seed: 1 } });
  origin.script('/file', [
    { kind: 'reset-mid-body', afterBytes: 10 },
    { kind: 'reset-before-head' },
  ]);
  assert.equal(await ask(url, { ca: origin.caPem }), 'ECONNRESET');
  assert.equal(await ask(url, { ca: origin.caPem }), 'ECONNRESET');
  assert.equal(await ask(url, { ca: origin.caPem }), 'whole');
});

test('a client certificate can be asked for', async () => {
  await using origin = await startOrigin({ tls: 'good', clientCertificate: true });
  const url = origin.put('/file', { body: { size: 1_000, seed: 1 } });
  const { certPem, keyPem } = await tlsIdentity('good');
  assert.notEqual(await ask(url, { ca: origin.caPem }), 'whole');
  assert.equal(await ask(url, { ca: origin.caPem, cert: certPem, key: keyPem }), 'whole');
});
