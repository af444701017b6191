import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BG_SIZE_UNKNOWN } from '../../src/core/constants.ts';
import {
  formatBytes,
  formatDuration,
  formatRate,
  parseDuration,
  parseRate,
  parseSize,
} from '../../src/core/units.ts';

test('sizes are read with the prefixes of curl and of the standards', () => {
  const cases = [
    ['0', 0],
    ['1048576', 1_048_576],
    ['512K', 524_288],
    ['2M', 2_097_152],
    ['2m', 2_097_152],
    ['1.5GiB', 1_610_612_736],
    ['1.5 Gi', 1_610_612_736],
    ['10MB', 10_000_000],
    ['10 mb', 10_000_000],
    ['100B', 100],
    ['.5k', 512],
    [' 1T ', 2 ** 40],
  ] as const;
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

test('rates may be given per second and in bits', () => {
  const cases = [
    ['0', 0],
    ['2M', 2_097_152],
    ['2M/s', 2_097_152],
    ['500KB / s', 500_000],
    ['16Mbit', 2_000_000],
    ['16mbit/s', 2_000_000],
    ['8bits', 1],
    ['1bit', 1],
    ['1 Kibit/s', 128],
  ] as const;
  for (const [text, rate] of cases) assert.equal(parseRate(text), rate, text);
});

test('durations are read in parts, larger ones first', () => {
  const cases = [
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1m05s', 65_000],
    ['1h 30m', 5_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['30 S', 30_000],
  ] as const;
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test('text that is not understood is refused with the text and an example', () => {
  const bad = ['', ' ', '-1', '1e3', '1,5M', '2X', 'M', '0x10', '1.2.3', '9999999P', '1iB', '∞'];
  for (const parse of [parseSize, parseRate, parseDuration]) {
    for (const text of [...bad, '10Mb', '1m1m', '1s1m', '1 2s', '10']) {
      if (text === '10' && parse !== parseDuration) continue;
      assert.throws(
        () => parse(text),
        (error: Error & { code?: string }) =>
          error.code === 'E_INVALIDARG' &&
          error.message.includes(`"${text}"`) &&
          error.message.includes('for example'),
        `${parse.name}(${text})`,
      );
    }
  }
  assert.throws(() => parseSize('16Mbit'), { code: 'E_INVALIDARG' });
});

test('a printed size is read back to within half a percent', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.integer({ min: 0, max: 21 }), (mantissa, exponent) => {
      const bytes = mantissa * 2 ** exponent;
      const text = formatBytes(bytes);
      assert.ok(Math.abs(parseSize(text) - bytes) <= bytes * 0.00501, text);
      assert.equal(parseRate(`${text}/s`), parseRate(formatRate(bytes)));
      assert.ok(text.length <= 8, text);
    }),
  );
});

test('a size in whole units is read as that many', () => {
  const unit = fc.constantFrom(['K', 2 ** 10], ['MiB', 2 ** 20], ['GB', 1e9], ['TiB', 2 ** 40]);
  fc.assert(
    fc.property(fc.nat(4_000), unit, (count, [name, factor]) => {
      assert.equal(parseSize(`${count}${name}`), count * factor);
    }),
  );
});

test('sizes are printed with three digits', () => {
  const cases = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [12_897_485, '12.3 MiB'],
    [1024 * 1024 - 1, '1 MiB'],
    [2 ** 40 * 1.456, '1.46 TiB'],
    [-1536, '-1.5 KiB'],
    [BG_SIZE_UNKNOWN, 'unknown'],
    [Number.NaN, 'unknown'],
  ] as const;
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
  assert.equal(formatRate(1536), '1.5 KiB/s');
  assert.equal(formatRate(undefined), 'unlimited');
});

test('durations are printed with at most two units', () => {
  const cases = [
    [0, '0ms'],
    [500, '500ms'],
    [999.6, '1s'],
    [1_500, '1.5s'],
    [9_960, '10s'],
    [30_000, '30s'],
    [59_999, '1m'],
    [65_000, '1m05s'],
    [3_599_999, '1h'],
    [7_380_000, '2h03m'],
    [86_399_999, '1d'],
    [273_600_000, '3d04h'],
    [Number.POSITIVE_INFINITY, 'unknown'],
    [-1, 'unknown'],
  ] as const;
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

test('a printed duration is read back to within its smaller unit, and then stays', () => {
  fc.assert(
    fc.property(fc.nat(400 * 86_400_000), (ms) => {
      const text = formatDuration(ms);
      const read = parseDuration(text);
      assert.ok(Math.abs(read - ms) <= Math.max(ms * 0.05, 1), text);
      assert.equal(formatDuration(read), text);
    }),
  );
});

test('any text is either read as a finite whole number or refused', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,5}[ kKmMgGiIbBsSdh/t]{0,5}$/));
  fc.assert(
    fc.property(text, fc.constantFrom(parseSize, parseRate, parseDuration), (input, parse) => {
      try {
        const value = parse(input);
        assert.ok(Number.isSafeInteger(value) && value >= 0);
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'E_INVALIDARG');
      }
    }),
  );
});
