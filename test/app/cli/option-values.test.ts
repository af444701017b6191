import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CommandError } from '../../../src/app/cli/command-error.ts';
import {
  checksumOption,
  connectionsOption,
  headersOption,
  limitOption,
  priorityName,
  priorityOption,
  timeoutOption,
} from '../../../src/app/cli/option-values.ts';
import { engineOptions } from '../../../src/app/cli/transfer-options.ts';
import { BG_JOB_PRIORITY } from '../../../src/core/constants.ts';

const sha256 = 'Ab'.repeat(32);

test('the options of a transfer reach the engine in its units', () => {
  assert.deepEqual(engineOptions({ limit: '2M', connections: '3' }), {
    connectionsPerOrigin: 3,
    maxBytesPerSecond: 2_097_152,
  });
  assert.deepEqual(engineOptions({}), {});
});

test('a timeout is in whole seconds, and a short one is not none', () => {
  assert.equal(timeoutOption('1h'), 3_600);
  assert.equal(timeoutOption('1ms'), 1);
  assert.equal(timeoutOption('0'), 0);
});

test('priorities go by their names in both directions', () => {
  for (const name of ['foreground', 'high', 'normal', 'low']) {
    assert.equal(priorityName(priorityOption(name)), name);
  }
  assert.equal(priorityOption('LOW'), BG_JOB_PRIORITY.LOW);
});

test('a checksum is read with or without its dash, in either case', () => {
  const digest = { algorithm: 'sha-256', hex: sha256.toLowerCase() };
  for (const text of [`sha-256=${sha256}`, `SHA256=${sha256}`, ` sha256:${sha256} `]) {
    assert.deepEqual(checksumOption(text), digest);
  }
  assert.equal(checksumOption(`sha-512=${sha256}${sha256}`).algorithm, 'sha-512');
});

test('headers are joined as the engine wants them', () => {
  assert.equal(headersOption(['A: 1', 'B: 2']), 'A: 1\r\nB: 2');
  assert.equal(headersOption([]), null);
});

const refused: readonly (readonly [what: string, parse: () => unknown, message: RegExp])[] = [
  ['-x 0', () => connectionsOption('0'), /^-x: "0" is not a number from 1 to 16\.$/],
  ['-x 17', () => connectionsOption('17'), /^-x:/],
  ['-x 1.5', () => connectionsOption('1.5'), /^-x:/],
  ['--limit 0', () => limitOption('0'), /^--limit: 0 would let nothing through/],
  ['--limit fast', () => limitOption('fast'), /^--limit: "fast" is not a rate/],
  ['--timeout 30', () => timeoutOption('30'), /^--timeout: "30" is not a duration/],
  ['--timeout 100000d', () => timeoutOption('100000d'), /^--timeout: "100000d" is too long/],
  ['--priority urgent', () => priorityOption('urgent'), /none of foreground, high, normal, low/],
  ['--checksum md5', () => checksumOption('md5=abcd'), /is not sha-256=HEX or sha-512=HEX/],
  ['--checksum too short', () => checksumOption('sha-256=abcd'), /64 hexadecimal digits, not 4/],
  ['--header without a colon', () => headersOption(['Accept']), /^--header: .*no colon/],
  ['--header Range', () => headersOption(['Range: bytes=0-']), /^--header: .*set by the engine/],
  ['--header with a line end', () => headersOption(['A: 1\r\nB: 2']), /^--header: .*one line/],
];

for (const [what, parse, message] of refused) {
  test(`${what} is refused by its name`, () => {
    assert.throws(
      parse,
      (error) =>
        error instanceof CommandError && error.exitCode === 28 && message.test(error.message),
    );
  });
}
