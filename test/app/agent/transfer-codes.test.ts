import assert from 'node:assert/strict';
import { test } from 'node:test';

import { agentStatus } from '../../../src/app/agent/shown-status.ts';
import { agentCode } from '../../../src/app/agent/transfer-codes.ts';
import { HRESULT } from '../../../src/core/codes.ts';

const HTTP = 0x80190000;

/** Origin's answers of section 4, and what a client is told of them. */
const folds: readonly (readonly [told: number, statuses: readonly number[]])[] = [
  [0x80190190, [400, 405, 409, 411, 412, 414, 415]],
  [0x80190191, [401]],
  [0x80190193, [403]],
  [0x80190194, [404, 410]],
  [0x80190196, [406]],
  [0x80190197, [407]],
  [0x80190198, [408]],
  [0x8019019d, [413]],
  [0x80190001, [402, 416, 417, 418, 421, 422, 426, 429, 431, 451, 499]],
  [0x801901f4, [500, 503, 506, 507, 511, 599]],
  [0x801901f5, [501, 505]],
  [0x801901f6, [502, 504, 305]],
];
for (const [told, statuses] of folds) {
  test(`HTTP ${statuses.join(', ')} is told as 0x${told.toString(16)}`, () => {
    for (const status of statuses) {
      assert.equal(agentCode(HTTP + status), told, String(status));
      assert.equal(agentCode((HTTP + status) | 0), told, `${status}, signed`);
    }
  });
}

test('failures of the transport keep their codes, a body cut short has one of the agent', () => {
  assert.equal(agentCode(HRESULT.ERROR_WINHTTP_CANNOT_CONNECT), 0x80072efd);
  assert.equal(agentCode(HRESULT.ERROR_WINHTTP_NAME_NOT_RESOLVED), 0x80072ee7);
  assert.equal(agentCode(HRESULT.ERROR_WINHTTP_TIMEOUT), 0x80072ee2);
  assert.equal(agentCode(HRESULT.ERROR_WINHTTP_CONNECTION_ERROR), 0xc0d00012);
  assert.equal(agentCode(HRESULT.DO_E_DOWNLOAD_NO_PROGRESS), 0x80d02002);
  assert.equal(agentCode(HRESULT.DO_E_BLOCKED_BY_NO_NETWORK), 0x80d03805);
  assert.equal(agentCode(0), 0);
});

test('failures of the disk are told by errno', () => {
  assert.equal(agentCode(HRESULT.ERROR_DISK_FULL), 0xc0d0001c);
  assert.equal(agentCode(HRESULT.E_ACCESSDENIED), 0xc0d0000d);
  assert.equal(agentCode(HRESULT.ERROR_PATH_NOT_FOUND), 0xc0d00002);
  assert.equal(agentCode(HRESULT.ERROR_FILE_EXISTS), 0xc0d00011);
  assert.equal(agentCode(HRESULT.ERROR_TOO_MANY_OPEN_FILES), 0xc0d00018);
});

test('a size that is not known is 0', () => {
  for (const bytesTotal of [2 ** 64, -1, Number.NaN, 0]) {
    const status = agentStatus({
      state: 1,
      bytesTotal,
      bytesTransferred: 7,
      error: 0,
      extendedError: 0,
    });
    assert.deepEqual(status, {
      state: 'Transferring',
      bytesTotal: 0,
      bytesTransferred: 7,
      error: 0,
      extendedError: 0,
    });
  }
});
