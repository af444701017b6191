import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import {
  errorFromFileSystem,
  errorFromNetwork,
  mapNodeError,
  type NodeErrorContext,
} from '../../src/core/node-errors.ts';

function nodeError(code: string, facts: object = {}): Error {
  return Object.assign(new Error(`${code}: something happened`), { code, ...facts });
}

/** errors.md 7, row by row: code, context, number, class and, for certificates, the exact reason. */
const ROWS: readonly (readonly [string, NodeErrorContext, number, string, number?])[] = [
  ['ENOENT', 'file', 0x80070002, 'fatal'],
  ['ENOENT', 'directory', 0x80070003, 'fatal'],
  ['ENOTDIR', 'file', 0x80070003, 'fatal'],
  ['EISDIR', 'file', 0x80070005, 'fatal'],
  ['EACCES', 'file', 0x80070005, 'fatal'],
  ['EPERM', 'directory', 0x80070005, 'fatal'],
  ['EEXIST', 'file', 0x80070050, 'call'],
  ['ENOSPC', 'file', 0x80070070, 'fatal'],
  ['EDQUOT', 'file', 0x8007050f, 'fatal'],
  ['EMFILE', 'file', 0x80070004, 'transient'],
  ['ENFILE', 'network', 0x80070004, 'transient'],
  ['ENAMETOOLONG', 'file', 0x800700ce, 'call'],
  ['EROFS', 'directory', 0x80070013, 'fatal'],
  ['EBUSY', 'file', 0x80070020, 'transient'],
  ['ETXTBSY', 'file', 0x80070020, 'transient'],
  ['EFBIG', 'file', 0x800700df, 'fatal'],
  ['ENOTFOUND', 'network', 0x80072ee7, 'transient'],
  ['EAI_AGAIN', 'network', 0x80072ee7, 'transient'],
  ['EAI_FAIL', 'network', 0x80072ee7, 'transient'],
  ['ECONNREFUSED', 'network', 0x80072efd, 'transient'],
  ['EHOSTUNREACH', 'network', 0x80072efd, 'transient'],
  ['ENETUNREACH', 'network', 0x80072efd, 'transient'],
  ['EADDRNOTAVAIL', 'network', 0x80072efd, 'transient'],
  ['ECONNRESET', 'network', 0x80072efe, 'transient'],
  ['EPIPE', 'network', 0x80072efe, 'transient'],
  ['ECONNABORTED', 'network', 0x80072efe, 'transient'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'network', 0x80072efe, 'transient'],
  ['UND_ERR_SOCKET', 'network', 0x80072efe, 'transient'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'network', 0x80072efe, 'transient'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'network', 0x80d05001, 'transient'],
  ['ETIMEDOUT', 'network', 0x80072ee2, 'transient'],
  ['UND_ERR_CONNECT_TIMEOUT', 'network', 0x80072ee2, 'transient'],
  ['UND_ERR_HEADERS_TIMEOUT', 'network', 0x80072ee2, 'transient'],
  ['UND_ERR_BODY_TIMEOUT', 'network', 0x80072ee2, 'transient'],
  ['ENETDOWN', 'network', 0x80d03805, 'policy'],
  ['HPE_INVALID_CONSTANT', 'network', 0x80072f78, 'transient'],
  ['HPE_HEADER_OVERFLOW', 'network', 0x80072f96, 'fatal'],
  ['UND_ERR_HEADERS_OVERFLOW', 'network', 0x80072f96, 'fatal'],
  ['ERR_INVALID_URL', 'network', 0x80070057, 'call'],
  ['CERT_HAS_EXPIRED', 'network', 0x80d05002, 'fatal', 0x80072f05],
  ['CERT_NOT_YET_VALID', 'network', 0x80d05002, 'fatal', 0x80072f05],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'network', 0x80d05002, 'fatal', 0x80072f06],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'network', 0x80d05002, 'fatal', 0x80072f0d],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'network', 0x80d05002, 'fatal', 0x80072f0d],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'network', 0x80d05002, 'fatal', 0x80072f0d],
  ['UNABLE_TO_GET_ISSUER_CERT', 'network', 0x80d05002, 'fatal', 0x80072f0d],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'network', 0x80d05002, 'fatal', 0x80072f0d],
  ['CERT_REVOKED', 'network', 0x80d05002, 'fatal', 0x80072f8a],
  ['UNABLE_TO_GET_CRL', 'network', 0x80d05002, 'fatal', 0x80072f19],
  ['INVALID_PURPOSE', 'network', 0x80d05002, 'fatal', 0x80072f93],
  ['CERT_CHAIN_TOO_LONG', 'network', 0x80d05002, 'fatal', 0x80072f8f],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'network', 0x80072f0c, 'fatal'],
  ['EPROTO', 'network', 0x80072f7d, 'transient'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'network', 0x80072f7d, 'transient'],
];

function translate(error: unknown, context: NodeErrorContext): DeliveryOptimizationError {
  return context === 'network'
    ? errorFromNetwork(error, 'https://example.com/f')
    : errorFromFileSystem(error, 'write /data/f', context);
}

test('every code of errors.md 7 has its number and class', () => {
  for (const [code, context, hresult, failureClass, extended] of ROWS) {
    const error = translate(nodeError(code), context);
    assert.equal(error.hresult, hresult, code);
    assert.equal(error.failureClass, failureClass, code);
    assert.equal(error.extendedHresult, extended, code);
  }
});

test('a known code is found behind causes and within an AggregateError', () => {
  const fetchFailed = new TypeError('fetch failed', { cause: nodeError('ECONNREFUSED') });
  assert.equal(mapNodeError(fetchFailed, 'network').code, 'ERROR_WINHTTP_CANNOT_CONNECT');
  const both = new AggregateError([nodeError('EWEIRD'), nodeError('ETIMEDOUT')], 'all failed');
  const wrapped = new Error('x', { cause: new Error('y', { cause: both }) });
  assert.equal(mapNodeError(wrapped, 'network').code, 'ERROR_WINHTTP_TIMEOUT');
});

test('a chain of causes that loops comes to an end', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  assert.equal(mapNodeError(loop, 'network').code, 'E_FAIL');
});

test('an unknown errno gets a number of its own', () => {
  const error = errorFromFileSystem(nodeError('EIO', { errno: -5 }), 'read /data/f', 'file');
  assert.equal(error.code, 'E_FAIL');
  assert.equal(error.hresult, 0xc0d00005);
  assert.equal(error.failureClass, 'fatal');
});

test('an unknown error is told by its innermost message', () => {
  const error = new TypeError('fetch failed', { cause: new Error('bad port') });
  assert.equal(
    errorFromNetwork(error, 'http://example.com:9/').message,
    'Could not download http://example.com:9/: bad port.',
  );
});

test('EINVAL is a bad name only where a name was given', () => {
  const open = nodeError('EINVAL', { syscall: 'open', errno: -22 });
  const write = nodeError('EINVAL', { syscall: 'write', errno: -22 });
  assert.equal(errorFromFileSystem(open, 'create /f', 'file').hresult, 0x8007007b);
  assert.equal(errorFromFileSystem(write, 'write /f', 'file').hresult, 0xc0d00016);
});

test('errors without a code are told by name or message', () => {
  const abort = AbortSignal.abort().reason as unknown;
  assert.equal(mapNodeError(abort, 'network').code, 'ERROR_OPERATION_ABORTED');
  const timeout = new DOMException('late', 'TimeoutError');
  assert.equal(mapNodeError(timeout, 'network').code, 'ERROR_WINHTTP_TIMEOUT');
  const hangUp = new Error('socket hang up');
  assert.equal(mapNodeError(hangUp, 'network').code, 'ERROR_WINHTTP_CONNECTION_ERROR');
});

test('a message says what happened to which path and what can be done', () => {
  const full = errorFromFileSystem(nodeError('ENOSPC'), 'write /data/a.iso', 'file');
  assert.equal(
    full.message,
    'Could not write /data/a.iso: the disk is full. Free some space, then resume the job.',
  );
});

test('a message about a URL shows neither its query nor its user', () => {
  const url = 'https://u:pw@example.com/a?sig=abc';
  const known = errorFromNetwork(nodeError('ECONNREFUSED'), url);
  assert.equal(
    known.message,
    'Could not download https://example.com/a?…: the server could not be reached. It is tried again later.',
  );
  assert.equal(known.url, 'https://example.com/a?…');
  const unknown = errorFromNetwork(new Error(`strange: ${url}`), url);
  assert.doesNotMatch(unknown.message, /pw|abc/);
});

test('an error of ours passes through', () => {
  const error = new DeliveryOptimizationError('DO_E_INVALID_RANGE', 'x');
  assert.equal(errorFromFileSystem(error, 'x', 'file'), error);
  assert.equal(errorFromNetwork(error, 'https://example.com'), error);
});

test('a real error of the file system is understood', async () => {
  const caught: unknown = await readFile(new URL('./no-such-file', import.meta.url)).catch(
    (error: unknown) => error,
  );
  const error = errorFromFileSystem(caught, 'read it', 'file');
  assert.equal(error.code, 'ERROR_FILE_NOT_FOUND');
  assert.equal(error.cause, caught);
});

test('any thrown value becomes an error with a sentence', () => {
  const contexts = fc.constantFrom<NodeErrorContext>('file', 'directory', 'network');
  fc.assert(
    fc.property(fc.anything(), fc.string(), contexts, (thrown, code, context) => {
      for (const value of [thrown, { code, cause: thrown }, nodeError(code)]) {
        const error = translate(value, context);
        assert.ok(error instanceof DeliveryOptimizationError);
        assert.ok(error.message.startsWith('Could not '));
      }
    }),
  );
});

test('names every object inherits are not codes', () => {
  for (const code of ['constructor', '__proto__', 'toString']) {
    assert.equal(mapNodeError(nodeError(code), 'network').code, 'E_FAIL');
  }
});
