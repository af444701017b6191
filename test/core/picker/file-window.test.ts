import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MAX_FINISHING_FILES, SMALL_FILE_BYTES } from '../../../src/core/limits.ts';
import {
  mayBegin,
  type FetchedFile,
  type FileWindow,
} from '../../../src/core/picker/file-window.ts';

const SMALL: FetchedFile = { sizeBytes: 65_536, writtenBytes: 0 };
const LARGE: FetchedFile = { sizeBytes: 10 * SMALL_FILE_BYTES, writtenBytes: 0 };
const UNKNOWN: FetchedFile = { sizeBytes: undefined, writtenBytes: 0 };

const beside = (fetching: readonly FetchedFile[], others: Partial<FileWindow> = {}): boolean =>
  mayBegin({ fetching, finishing: 0, maximum: 4, usualSizeBytes: Infinity, ...others });

test('the first file begins whatever it is', () => {
  assert.ok(beside([]));
});

test('small files go side by side, as many as there are connections', () => {
  assert.ok(beside([SMALL]));
  assert.ok(beside([SMALL, SMALL, SMALL]));
  assert.ok(!beside([SMALL, SMALL, SMALL, SMALL]));
});

test('a large file has the connections for itself until little of it is left', () => {
  assert.ok(!beside([LARGE]));
  assert.ok(!beside([SMALL, LARGE]));
  const { sizeBytes = 0 } = LARGE;
  assert.ok(!beside([{ sizeBytes, writtenBytes: sizeBytes - SMALL_FILE_BYTES }]));
  assert.ok(beside([{ sizeBytes, writtenBytes: sizeBytes - SMALL_FILE_BYTES + 1 }]));
});

test('a file of unknown size is taken for one like the last', () => {
  assert.ok(!beside([UNKNOWN]));
  assert.ok(beside([UNKNOWN, UNKNOWN], { usualSizeBytes: 65_536 }));
  assert.ok(!beside([UNKNOWN], { usualSizeBytes: SMALL_FILE_BYTES }));
});

test('no file begins while too many wait for the disk', () => {
  assert.ok(beside([], { finishing: MAX_FINISHING_FILES - 1 }));
  assert.ok(!beside([], { finishing: MAX_FINISHING_FILES }));
});
