import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOWNLOAD_MODE } from '../../../src/core/constants.ts';
import {
  DOWNLOAD_MODE_NAMES,
  downloadModeName,
  effectiveMode,
  parseDownloadMode,
} from '../../../src/core/policy/download-mode.ts';

test('every mode has a name, and name and number lead back to it', () => {
  const modes = Object.values(DOWNLOAD_MODE);
  assert.deepEqual(new Set(Object.values(DOWNLOAD_MODE_NAMES)), new Set(modes));
  for (const mode of modes) {
    assert.equal(parseDownloadMode(downloadModeName(mode)), mode);
    assert.equal(parseDownloadMode(downloadModeName(mode).toUpperCase()), mode);
    assert.equal(parseDownloadMode(mode), mode);
    assert.equal(parseDownloadMode(String(mode)), mode);
  }
});

test('the numbers are those of DODownloadMode', () => {
  assert.deepEqual(
    ['off', 'lan', 'group', 'internet', 'simple', 'bypass'].map(parseDownloadMode),
    [0, 1, 2, 3, 99, 100],
  );
});

test('what is no mode has none', () => {
  for (const value of ['', 'toString', 'wan', 4, -1, '01', Number.NaN]) {
    assert.equal(parseDownloadMode(value), undefined, String(value));
  }
});

test('without peers every mode works as the simple one, and says why', () => {
  for (const mode of Object.values(DOWNLOAD_MODE)) {
    const { configured, effective, reason } = effectiveMode(mode, false);
    assert.equal(configured, mode);
    assert.equal(effective, DOWNLOAD_MODE.Simple);
    assert.equal(reason === undefined, mode === DOWNLOAD_MODE.Simple);
  }
});

test('with peers a mode is what it says, but nothing is handed over', () => {
  for (const mode of Object.values(DOWNLOAD_MODE)) {
    const { effective, reason } = effectiveMode(mode, true);
    const expected = mode === DOWNLOAD_MODE.Bypass ? DOWNLOAD_MODE.Simple : mode;
    assert.equal(effective, expected);
    assert.equal(reason === undefined, effective === mode);
  }
});
