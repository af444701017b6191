import assert from 'node:assert/strict';
import { basename, dirname, resolve } from 'node:path';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { nameFromUrl } from '../../../src/app/cli/target-name.ts';

const rows: readonly (readonly [path: string, name: string])[] = [
  ['/a/b/file.iso', 'file.iso'],
  ['/file.iso?sig=secret#part', 'file.iso'],
  ['/a%20b.bin', 'a b.bin'],
  ['/gr%C3%BC%C3%9Fe.txt', 'grüße.txt'],
  ['/', 'index.html'],
  ['', 'index.html'],
  ['/dir/', 'index.html'],
  ['/%20', 'index.html'],
  ['/a%2Fb', 'a_b'],
  ['/..%2F..%2Fetc%2Fpasswd', '.._.._etc_passwd'],
  ['/a%5Cb', 'a_b'],
  ['/a%00b%0Ac%1B[31m', 'a_b_c_[31m'],
  ['/%E2%80%AEtxt.exe', '_txt.exe'],
  ['/what%3F*', 'what__'],
  ['/%FF.bin', '%FF.bin'],
  ['/.profile', '.profile'],
  ['/x.haulyard-part', 'x.haulyard-part_'],
];

for (const [path, name] of rows) {
  test(`the URL path "${path}" is saved as "${name}"`, () => {
    assert.equal(nameFromUrl(`https://host${path}`, 'linux'), name);
  });
}

test('on Windows, device names and characters with a meaning are avoided', () => {
  assert.equal(nameFromUrl('https://host/nul.txt', 'win32'), '_nul.txt');
  assert.equal(nameFromUrl('https://host/a:b', 'win32'), 'a_b');
  assert.equal(nameFromUrl('https://host/name...', 'win32'), 'name');
});

test('a name that is too long keeps its ending', () => {
  const name = nameFromUrl(`https://host/${'é'.repeat(200)}.tar`);
  assert.equal(Buffer.byteLength(name), 254);
  assert.match(name, /^é+\.tar$/);
});

/** A path segment with everything that may be in one, the dangerous parts more often. */
const segment = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc
    .array(fc.constantFrom('..', '.', '%2F', '%2f', '%5C', '%2E', '%00', 'a', ' ', '%', '*', '~'))
    .map((parts) => parts.join('')),
  fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: 400 })
    .map((bytes) => bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
);

test('no URL leads out of the directory, or to a name that is no plain one', () => {
  const directory = resolve('/some/directory');
  fc.assert(
    fc.property(segment, fc.constantFrom('linux', 'win32'), (last, platform) => {
      const name = nameFromUrl(`http://host/x/${last}`, platform);
      const path = resolve(directory, name);
      assert.equal(dirname(path), directory);
      assert.equal(basename(path), name);
      assert.ok(Buffer.byteLength(name) <= 255);
      assert.doesNotMatch(name, /[/\\\p{Cc}]/u);
    }),
    { numRuns: 1_000 },
  );
});
