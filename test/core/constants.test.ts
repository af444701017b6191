import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as constants from '../../src/core/constants.ts';

test('the enumerations keep their documented values', () => {
  assert.deepEqual(Object.values(constants.BG_JOB_STATE), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(constants.BG_JOB_STATE.TRANSFERRED, 6);
  assert.deepEqual(constants.BG_JOB_PRIORITY, { FOREGROUND: 0, HIGH: 1, NORMAL: 2, LOW: 3 });
  assert.deepEqual(Object.values(constants.BG_ERROR_CONTEXT), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(constants.BG_ERROR_CONTEXT.REMOTE_FILE, 5);
  assert.deepEqual(Object.values(constants.BG_NOTIFY), [1, 2, 4, 8, 16, 32]);
  assert.deepEqual(Object.values(constants.BITS_JOB_PROPERTY_ID), [1, 2, 3, 4, 5, 7, 9, 10]);
  assert.deepEqual(Object.values(constants.DOFilePropertyId), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(Object.values(constants.DOWNLOAD_MODE), [0, 1, 2, 3, 99, 100]);
  assert.deepEqual(Object.values(constants.SWARM_STATUS), [0, 1, 2, 3]);
  assert.deepEqual(Object.values(constants.DODownloadState), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(Object.values(constants.DODownloadCostPolicy), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(Object.values(constants.DODownloadPropertyEx), [0, 1, 2, 3, 4, 5, 6]);
});

test('download properties are numbered from 0 to 29 without a gap', () => {
  const ids = Object.values(constants.DODownloadProperty);
  assert.deepEqual(
    ids,
    Array.from({ length: 30 }, (_, index) => index),
  );
  assert.equal(constants.DODownloadProperty.HttpStatusCode, 29);
});

test('a transfer policy holds the cost states its name promises', () => {
  const { BITS_COST_STATE: cost, BITS_JOB_TRANSFER_POLICY: policy } = constants;
  const allows = (mask: number, state: number): boolean => (mask & state) !== 0;
  assert.ok(allows(policy.ALWAYS, cost.ROAMING));
  assert.ok(!allows(policy.NOT_ROAMING, cost.ROAMING));
  assert.ok(!allows(policy.NO_SURCHARGE, cost.OVERCAP_CHARGED));
  assert.ok(allows(policy.NO_SURCHARGE, cost.NEAR_CAP));
  assert.ok(!allows(policy.STANDARD, cost.NEAR_CAP));
  assert.ok(allows(policy.UNRESTRICTED, cost.UNRESTRICTED));
  assert.ok(!allows(policy.UNRESTRICTED, cost.BELOW_CAP));
  for (const mask of Object.values(policy)) assert.ok(allows(mask, cost.IGNORE_CONGESTION));
});

test('the all-ones sentinels are one number above every exact byte count', () => {
  assert.equal(BigInt(constants.BG_SIZE_UNKNOWN), 2n ** 64n);
  assert.equal(constants.BG_LENGTH_TO_EOF, constants.BG_SIZE_UNKNOWN);
  assert.equal(constants.DO_LENGTH_TO_EOF, constants.BG_SIZE_UNKNOWN);
  assert.equal(constants.DO_UNKNOWN_FILE_SIZE, constants.BG_SIZE_UNKNOWN);
  assert.equal(Number(0xffff_ffff_ffff_ffffn), constants.BG_SIZE_UNKNOWN);
  assert.ok(constants.BG_SIZE_UNKNOWN > Number.MAX_SAFE_INTEGER);
});

test('security bits have the values of the WinHTTP header', () => {
  assert.deepEqual(
    Object.values(constants.DO_DOWNLOAD_SECURITY_FLAGS),
    [0x1, 0x100, 0x200, 0x1000, 0x2000],
  );
});
