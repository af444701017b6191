import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DODownloadProperty, DODownloadState } from '../../../src/core/constants.ts';
import { callbackFrequency, dueInMs } from '../../../src/core/download/callback-frequency.ts';
import { NEW_DOWNLOAD } from '../../../src/core/download/record.ts';
import { disallowsCellular, traitsOf } from '../../../src/core/download/traits.ts';
import type { DO_DOWNLOAD_STATUS } from '../../../src/core/interfaces/download.ts';

function at(bytesTransferred: number): DO_DOWNLOAD_STATUS {
  return {
    bytesTotal: 1_000,
    bytesTransferred,
    state: DODownloadState.Transferring,
    error: 0,
    extendedError: 0,
  };
}

function frequencyOf(properties: Readonly<Record<string, number>>): unknown {
  return callbackFrequency({ ...NEW_DOWNLOAD, properties });
}

test('bytes are told of every second, unless a percentage was set alone', () => {
  const { CallbackFreqPercent, CallbackFreqSeconds } = DODownloadProperty;
  assert.deepEqual(frequencyOf({}), { seconds: 1, percent: undefined });
  assert.deepEqual(frequencyOf({ [CallbackFreqPercent]: 10 }), { seconds: undefined, percent: 10 });
  assert.deepEqual(frequencyOf({ [CallbackFreqPercent]: 10, [CallbackFreqSeconds]: 5 }), {
    seconds: 5,
    percent: 10,
  });
});

test('by seconds, what is left of the period is waited for', () => {
  const every = { seconds: 2, percent: undefined };
  assert.equal(dueInMs(every, at(0), at(1), 500), 1_500);
  assert.equal(dueInMs(every, at(0), at(1), 9_000), 0);
  assert.equal(dueInMs(every, at(5), at(5), 9_000), Infinity, 'nothing has moved');
});

test('by percent, only the bytes count, in either direction', () => {
  const every = { seconds: undefined, percent: 10 };
  assert.equal(dueInMs(every, at(0), at(99), 1e9), Infinity);
  assert.equal(dueInMs(every, at(0), at(100), 0), 0);
  assert.equal(dueInMs(every, at(900), at(0), 0), 0, 'a file that starts over is told of');
});

test('with both, whichever comes first counts', () => {
  const every = { seconds: 2, percent: 10 };
  assert.equal(dueInMs(every, at(0), at(50), 500), 1_500);
  assert.equal(dueInMs(every, at(0), at(100), 500), 0);
});

test('each cost policy has the mask of the other family', () => {
  const flags = [0, 1, 2, 3, 4, 5].map(
    (policy) => traitsOf(DODownloadProperty.CostPolicy, policy)?.costFlags,
  );
  assert.deepEqual(flags, [0x800000ff, 0x80000021, 0x80000067, 0x8000007f, 0x8000006f, 0x800000ff]);
});

test('cellular links are refused by a property or by the cost policy', () => {
  const { DisallowOnCellular, CostPolicy } = DODownloadProperty;
  const refuses = (properties: Readonly<Record<string, number | boolean>>): boolean =>
    disallowsCellular({ ...NEW_DOWNLOAD, properties });
  assert.ok(refuses({ [DisallowOnCellular]: true }));
  assert.ok(refuses({ [CostPolicy]: 5 }));
  assert.ok(!refuses({ [DisallowOnCellular]: false, [CostPolicy]: 4 }));
  assert.ok(!disallowsCellular(undefined));
});
