import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { exitCodeOf } from '../../../src/app/cli/exit-code.ts';
import { EXIT, exitCodesHelp } from '../../../src/app/cli/exit-numbers.ts';
import { exitCodeOfAll, type Outcome } from '../../../src/app/cli/outcome.ts';
import { codeInfo, HRESULT, type ErrorCode } from '../../../src/core/codes.ts';
import { httpStatusError } from '../../../src/core/errors.ts';
import { hresultFromErrno } from '../../../src/core/hresult.ts';

const codes: readonly (readonly [code: ErrorCode, exitCode: number])[] = [
  ['ERROR_WINHTTP_TIMEOUT', 2],
  ['ERROR_WINHTTP_CANNOT_CONNECT', 6],
  ['ERROR_WINHTTP_CONNECTION_ERROR', 6],
  ['ERROR_WINHTTP_SECURE_CHANNEL_ERROR', 6],
  ['ERROR_WINHTTP_SECURE_CERT_CN_INVALID', 6],
  ['DO_E_HTTP_CERT_VALIDATION', 6],
  ['DO_E_BLOCKED_BY_NO_NETWORK', 6],
  ['DO_E_INSUFFICIENT_RANGE_SUPPORT', 8],
  ['ERROR_DISK_FULL', 9],
  ['ERROR_DISK_QUOTA_EXCEEDED', 9],
  ['ERROR_FILE_EXISTS', 13],
  ['ERROR_PATH_NOT_FOUND', 17],
  ['ERROR_WRITE_PROTECT', 17],
  ['ERROR_SHARING_VIOLATION', 17],
  ['ERROR_WINHTTP_NAME_NOT_RESOLVED', 19],
  ['ERROR_WINHTTP_INVALID_SERVER_RESPONSE', 22],
  ['DO_E_HTTP_BLOCKSIZE_MISMATCH', 22],
  ['DO_E_UNEXPECTED_HTTP_STATUS_2XX', 22],
  ['ERROR_WINHTTP_REDIRECT_FAILED', 23],
  ['E_INVALIDARG', 28],
  ['DO_E_BAD_PIECE_HASH', 32],
  ['E_ACCESSDENIED', 41],
  ['DO_E_JOB_NOT_FOUND', 42],
  ['DO_E_INVALID_STATE', 43],
  ['DO_E_JOB_EMPTY', 43],
  ['DO_E_DOWNLOAD_NO_PROGRESS', 2],
  ['E_FAIL', 1],
  ['E_OUTOFMEMORY', 1],
];

for (const [code, exitCode] of codes) {
  test(`${code} exits with ${exitCode}`, () => {
    assert.equal(exitCodeOf({ code, hresult: codeInfo(code).hresult }), exitCode);
  });
}

const statuses: readonly (readonly [status: number, exitCode: number])[] = [
  [301, 23],
  [308, 23],
  [400, 22],
  [401, 24],
  [403, 24],
  [404, 3],
  [407, 24],
  [410, 3],
  [416, 22],
  [418, 22],
  [429, 29],
  [500, 22],
  [503, 29],
  [504, 22],
];

for (const [status, exitCode] of statuses) {
  test(`HTTP ${status} exits with ${exitCode}`, () => {
    assert.equal(exitCodeOf(httpStatusError(status)), exitCode);
  });
}

test('a job that made no progress exits as its last failure does', () => {
  const noProgress = (extendedHresult: number): number =>
    exitCodeOf({
      code: 'DO_E_DOWNLOAD_NO_PROGRESS',
      hresult: HRESULT.DO_E_DOWNLOAD_NO_PROGRESS,
      extendedHresult,
    });
  assert.equal(noProgress(HRESULT.ERROR_WINHTTP_NAME_NOT_RESOLVED), EXIT.DNS);
  assert.equal(noProgress(0x801901f7), EXIT.OVERLOADED);
  assert.equal(noProgress(0x801901ad), EXIT.OVERLOADED);
});

test('a system error without a name of its own is a matter of files', () => {
  assert.equal(exitCodeOf({ code: 'E_FAIL', hresult: hresultFromErrno(-5) }), EXIT.FILE);
});

const done: Outcome = {
  id: '01',
  name: 'a',
  url: 'http://host/a',
  file: '/a',
  state: 'acknowledged',
  bytesTotal: 1,
  bytesTransferred: 1,
  filesTotal: 1,
  filesTransferred: 1,
  elapsedMs: 1,
  error: null,
};

function failed(code: ErrorCode): Outcome {
  const error = { code, hresult: codeInfo(code).hresult, message: 'It failed.' };
  return { ...done, state: 'error', error };
}

test('of several failures the last one gives the exit code', () => {
  const outcomes = [failed('ERROR_DISK_FULL'), failed('HTTP_E_STATUS_NOT_FOUND'), done];
  assert.equal(exitCodeOfAll(outcomes), 3);
  assert.equal(exitCodeOfAll([done, done]), 0);
});

test('what was suspended gives 7 whatever failed before', () => {
  assert.equal(exitCodeOfAll([{ ...done, state: 'suspended' }, failed('ERROR_DISK_FULL')]), 7);
});

test('every exit code has words for the help texts', () => {
  const lines = exitCodesHelp(Object.values(EXIT)).split('\n').slice(2);
  assert.equal(lines.length, Object.values(EXIT).length);
  for (const line of lines) assert.match(line, /^ {2}[ \d]{3} {2}\S.*$/);
});

test('the manual lists every exit code', async () => {
  const manual = await readFile(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');
  const listed = [...manual.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(listed, Object.values(EXIT));
});
