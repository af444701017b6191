import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BG_JOB_PRIORITY,
  BITS_COST_STATE,
  BITS_JOB_TRANSFER_POLICY,
} from '../../../src/core/constants.ts';
import {
  blockReason,
  costFlagsInForce,
  isLoopbackUrl,
} from '../../../src/core/schedule/block-reason.ts';

const { FOREGROUND, HIGH, NORMAL, LOW } = BG_JOB_PRIORITY;
const { UNRESTRICTED, CAPPED_USAGE_UNKNOWN, BELOW_CAP, NEAR_CAP } = BITS_COST_STATE;
const { OVERCAP_CHARGED, OVERCAP_THROTTLED, USAGE_BASED, ROAMING } = BITS_COST_STATE;
const STATES = [
  UNRESTRICTED,
  CAPPED_USAGE_UNKNOWN,
  BELOW_CAP,
  NEAR_CAP,
  OVERCAP_CHARGED,
  OVERCAP_THROTTLED,
  USAGE_BASED,
  ROAMING,
];

/** Which states of the network each policy of api.md 4 admits, read from the bits of its value. */
const ADMITTED: Readonly<Record<keyof typeof BITS_JOB_TRANSFER_POLICY, readonly number[]>> = {
  ALWAYS: STATES,
  NOT_ROAMING: STATES.filter((state) => state !== ROAMING),
  NO_SURCHARGE: [
    UNRESTRICTED,
    CAPPED_USAGE_UNKNOWN,
    BELOW_CAP,
    NEAR_CAP,
    OVERCAP_THROTTLED,
    USAGE_BASED,
  ],
  STANDARD: [UNRESTRICTED, CAPPED_USAGE_UNKNOWN, BELOW_CAP, OVERCAP_THROTTLED, USAGE_BASED],
  UNRESTRICTED: [UNRESTRICTED, OVERCAP_THROTTLED],
};

const BACKGROUND = { priority: NORMAL, costFlags: undefined };

test('a job runs while the state of the network is in its cost flags', () => {
  for (const [name, admitted] of Object.entries(ADMITTED)) {
    const costFlags = BITS_JOB_TRANSFER_POLICY[name as keyof typeof ADMITTED];
    for (const costState of STATES) {
      const reason = blockReason(
        { priority: NORMAL, costFlags },
        { online: true, costState },
        false,
      );
      const expected = admitted.includes(costState)
        ? undefined
        : 'DO_E_BLOCKED_BY_COST_TRANSFER_POLICY';
      assert.equal(reason?.code, expected, `${name} on 0x${costState.toString(16)}`);
    }
  }
});

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

test('no network blocks every job, whatever its cost flags', () => {
  for (const costState of STATES) {
    const reason = blockReason(
      { priority: FOREGROUND, costFlags: BITS_JOB_TRANSFER_POLICY.ALWAYS },
      { online: false, costState },
      false,
    );
    assert.equal(reason?.code, 'DO_E_BLOCKED_BY_NO_NETWORK');
    assert.equal(reason.kind, 'policy');
    assert.equal(reason.fileIndex, undefined, 'no file is to blame');
  }
});

test('a request that stays on this machine is never blocked', () => {
  for (const online of [true, false]) {
    for (const costState of STATES) {
      assert.equal(
        blockReason({ ...BACKGROUND, costFlags: 0 }, { online, costState }, true),
        undefined,
      );
    }
  }
});

test('a block is a policy failure with its documented number', () => {
  const network = { online: true, costState: OVERCAP_CHARGED };
  const reason = blockReason(BACKGROUND, network, false);
  assert.equal(reason?.kind, 'policy');
  assert.equal(reason.hresult, 0x80d03801);
  assert.equal(blockReason(BACKGROUND, { ...network, online: false }, false)?.hresult, 0x80d03805);
});

test('a URL of this machine itself is known by its host', () => {
  for (const url of [
    'http://localhost/a',
    'https://LOCALHOST:8443/a',
    'http://files.localhost/a',
    'http://127.0.0.1:80/a',
    'http://127.255.0.7/a',
    'http://2130706433/a',
    'http://127.1/a',
    'http://[::1]:8080/a',
  ]) {
    assert.equal(isLoopbackUrl(url), true, url);
  }
  for (const url of [
    'http://example.com/127.0.0.1',
    'http://localhost.example.com/a',
    'http://notlocalhost/a',
    'http://126.0.0.1/a',
    'http://10.0.0.127/a',
    'http://[::2]/a',
    'http://user:127.0.0.1@example.com/a',
  ]) {
    assert.equal(isLoopbackUrl(url), false, url);
  }
});

test('a name that only begins like a loopback address is not this machine', () => {
  assert.equal(isLoopbackUrl('http://127.example.com/a'), false);
});

test('roaming counts although it is set next to another state', () => {
  // api.md 4: ROAMING is derived, so a roaming network shows it together with what it costs.
  const costFlags = BITS_JOB_TRANSFER_POLICY.NOT_ROAMING;
  const network = { online: true, costState: UNRESTRICTED | ROAMING };
  assert.equal(
    blockReason({ priority: NORMAL, costFlags }, network, false)?.code,
    'DO_E_BLOCKED_BY_COST_TRANSFER_POLICY',
  );
});
