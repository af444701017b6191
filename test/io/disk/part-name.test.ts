import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { checkLocalName } from '../../../src/io/disk/local-name.ts';
import { partName, partPath } from '../../../src/io/disk/part-name.ts';

const JOB_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';

const named = (base: string, index = 0): string =>
  partName({ jobId: JOB_ID, index, localName: `/data/${base}` });

/** Names of files, long ones and ones of several bytes a character among them. */
const baseName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 120 })
  .filter((name) => !/[/\0]/.test(name));

const fileId = fc.record({
  jobId: fc.uuid(),
  index: fc.nat(99_999),
  localName: baseName.map((base) => `/data/${base}`),
});

test('a partial file is named after its target, its job and its place in the job', () => {
  assert.equal(named('model.bin', 7), `model.bin.${JOB_ID}-7.haulyard-part`);
});

test('a long name is cut between two characters', () => {
  const suffix = `.${JOB_ID}-0.haulyard-part`;
  assert.equal(named('x'.repeat(80)), `${'x'.repeat(80)}${suffix}`);
  assert.equal(named('x'.repeat(255)), `${'x'.repeat(80)}${suffix}`);
  assert.equal(named(`x${'ä'.repeat(100)}`), `x${'ä'.repeat(39)}${suffix}`);
  assert.equal(named('😀'.repeat(60)), `${'😀'.repeat(20)}${suffix}`);
  assert.equal(named(`xx${'😀'.repeat(60)}`), `xx${'😀'.repeat(19)}${suffix}`);
});

test('every name is well-formed and fits into 143 bytes, the least any file system offers', () => {
  fc.assert(
    fc.property(fileId, (id) => {
      const name = partName(id);
      assert.ok(name.isWellFormed());
      assert.ok(Buffer.byteLength(name) <= 143, name);
      assert.ok(!name.includes('/'));
    }),
  );
});

test('two files have two names, whatever their jobs and targets', () => {
  const ids = fc.uniqueArray(fileId, {
    selector: ({ jobId, index }) => `${jobId} ${index}`,
    minLength: 2,
  });
  fc.assert(
    fc.property(ids, (all) => {
      assert.equal(new Set(all.map((id) => partPath(id).toLowerCase())).size, all.length);
    }),
  );
});

test('the partial file stands in the directory that the target names, letter by letter', () => {
  for (const directory of ['/', '/a/', '/a/../b/', '/a/./b//', '//a/']) {
    const path = partPath({ jobId: JOB_ID, index: 0, localName: `${directory}out.bin` });
    assert.equal(path, `${directory}out.bin.${JOB_ID}-0.haulyard-part`);
    assert.equal(dirname(path), dirname(`${directory}out.bin`));
  }
});

test('a damaged job id or index names no file at all', () => {
  const localName = '/data/out.bin';
  for (const jobId of ['', '..', '../../etc', 'a/b', 'a\\b', 'a.b', 'A', 'x\0', 'x'.repeat(37)]) {
    assert.throws(() => partName({ jobId, index: 0, localName }), { code: 'E_UNEXPECTED' }, jobId);
  }
  for (const index of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => partName({ jobId: JOB_ID, index, localName }), { code: 'E_UNEXPECTED' });
  }
});

test('no target may have the name of a partial file', () => {
  fc.assert(
    fc.property(fileId, (id) => {
      assert.throws(() => checkLocalName(partPath(id)), { code: 'E_INVALIDARG' });
      assert.throws(() => checkLocalName(partPath(id).toUpperCase()), { code: 'E_INVALIDARG' });
    }),
  );
});
