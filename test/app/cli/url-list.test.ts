import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CommandError } from '../../../src/app/cli/command-error.ts';
import { parseUrlList } from '../../../src/app/cli/url-list.ts';

test('a list has a URL per line, comments, and names for the files', () => {
  const text = [
    '# what we need',
    'http://host/a',
    '  out=first.bin',
    '',
    'http://host/b',
    '\t# not an option, but indented',
  ];
  assert.throws(() => parseUrlList(text.join('\n'), 'list.txt'), /Line 6 of list\.txt/);
  assert.deepEqual(parseUrlList(text.slice(0, 5).join('\r\n'), 'list.txt'), [
    { url: 'http://host/a', out: 'first.bin', line: 2 },
    { url: 'http://host/b', line: 5 },
  ]);
});

test('an empty list and one of comments have no entries', () => {
  assert.deepEqual(parseUrlList('', 'x'), []);
  assert.deepEqual(parseUrlList('\ufeff# a\n#b\n\n', 'x'), []);
});

const wrongLists: readonly (readonly [text: string, message: RegExp])[] = [
  ['  out=a\nhttp://host/', /^Line 1 of list has an option before any URL\.$/],
  ['http://host/\n  dir=a', /^Line 2 of list has an option that is not known/],
  ['http://host/\n  out', /^Line 2 of list has an option that is not known/],
  ['http://host/\n  out=', /^Line 2 of list has an empty out=\.$/],
  ['http://host/\n  out=a\n  out=b', /^Line 3 of list has a second out= for one URL\.$/],
];

for (const [text, message] of wrongLists) {
  test(`the list ${JSON.stringify(text)} is refused with its line`, () => {
    assert.throws(
      () => parseUrlList(text, 'list'),
      (error) =>
        error instanceof CommandError && error.exitCode === 28 && message.test(error.message),
    );
  });
}
