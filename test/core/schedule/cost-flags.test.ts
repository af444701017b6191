import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_PRIORITY, BITS_JOB_TRANSFER_POLICY } from '../../../src/core/constants.ts';
import { costFlagsInForce } from '../../../src/core/schedule/cost-flags.ts';

const { FOREGROUND, HIGH, NORMAL, LOW } = BG_JOB_PRIORITY;

test('cost flags follow the priority until they are set', () => {
  for (const [priority, flags] of [
    [FOREGROUND, BITS_JOB_TRANSFER_POLICY.ALWAYS],
    [HIGH, BITS_JOB_TRANSFER_POLICY.STANDARD],
    [NORMAL, BITS_JOB_TRANSFER_POLICY.STANDARD],
    [LOW, BITS_JOB_TRANSFER_POLICY.STANDARD],
  ] as const) {
    assert.equal(costFlagsInForce({ priority, costFlags: undefined }), flags);
    assert.equal(costFlagsInForce({ priority, costFlags: 0x1 }), 0x1);
    assert.equal(costFlagsInForce({ priority, costFlags: 0 }), 0, 'no flag at all is a choice');
  }
});
