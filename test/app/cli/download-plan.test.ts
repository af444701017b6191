import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CommandError } from '../../../src/app/cli/command-error.ts';
import {
  directoriesOf,
  planDownloads,
  type PlanInput,
} from '../../../src/app/cli/download-plan.ts';

const directory = '/downloads';

function plan(
  input: Partial<PlanInput>,
): readonly { readonly url: string; readonly file: string }[] {
  return planDownloads({ urls: [], list: [], directory, ...input });
}

test('each URL becomes a file of the directory, in the order given', () => {
  const list = [
    { url: 'http://host/c', out: 'sub/c.bin', line: 1 },
    { url: 'http://host/d', line: 2 },
  ];
  assert.deepEqual(plan({ urls: ['http://host/a', 'http://host/b/'], list }), [
    { url: 'http://host/a', file: '/downloads/a' },
    { url: 'http://host/b/', file: '/downloads/index.html' },
    { url: 'http://host/c', file: '/downloads/sub/c.bin' },
    { url: 'http://host/d', file: '/downloads/d' },
  ]);
});

test('-o counts from the directory, unless it is absolute', () => {
  const urls = ['http://host/a'];
  assert.equal(plan({ urls, out: 'b' })[0]?.file, '/downloads/b');
  assert.equal(plan({ urls, out: '../b' })[0]?.file, '/b');
  assert.equal(plan({ urls, out: '/x/b' })[0]?.file, '/x/b');
});

test('a URL with letters that need escaping is escaped as browsers do', () => {
  assert.deepEqual(plan({ urls: [' http://host/grüße x '] }), [
    { url: 'http://host/gr%C3%BC%C3%9Fe%20x', file: '/downloads/grüße x' },
  ]);
});

test('directories inside the one of -d are made, others are not', () => {
  const list = [{ url: 'http://host/c', out: 'sub/c.bin', line: 1 }];
  const inside = plan({ list });
  assert.deepEqual([...directoriesOf(inside, directory)], ['/downloads', '/downloads/sub']);
  const outside = plan({ urls: ['http://host/a'], out: '/missing/a' });
  assert.deepEqual([...directoriesOf(outside, directory)], ['/downloads']);
});

const refused: readonly (readonly [what: string, input: Partial<PlanInput>, message: RegExp])[] = [
  ['no URL', {}, /Nothing to fetch/],
  ['-o with two URLs', { urls: ['http://h/a', 'http://h/b'], out: 'x' }, /goes with one URL/],
  ['-o that names a directory', { urls: ['http://h/a'], out: 'x/' }, /"x\/" is a directory/],
  ['another scheme', { urls: ['ftp://h/a'] }, /^ftp:\/\/h\/a: .*not an absolute http or https URL/],
  ['no scheme', { urls: ['h/a'] }, /not an absolute http or https URL/],
  ['a backslash', { urls: ['http://h\\@i/a'] }, /backslash/],
  [
    'a password',
    { urls: ['http://me:secret@h/a?key=secret'] },
    /^http:\/\/h\/a\?…: The URL holds a user name or password(?!.*secret)/,
  ],
  [
    'two URLs with one target',
    { urls: ['http://h/1/a?x', 'http://h/2/a'] },
    /^http:\/\/h\/1\/a\?… and http:\/\/h\/2\/a would both become \/downloads\/a/,
  ],
  ['the same URL twice', { urls: ['http://h/a', 'http://h/a'] }, /would both become/],
  [
    'a list that leads out of the directory',
    { list: [{ url: 'http://h/a', out: '../a', line: 7 }] },
    /^Line 7 of the list: "out=\.\.\/a" leads out of \/downloads\.$/,
  ],
  [
    'a list with an absolute name',
    { list: [{ url: 'http://h/a', out: '/etc/a', line: 1 }] },
    /leads out of/,
  ],
];

for (const [what, input, message] of refused) {
  test(`nothing starts with ${what}`, () => {
    assert.throws(
      () => plan(input),
      (error) =>
        error instanceof CommandError && error.exitCode === 28 && message.test(error.message),
    );
  });
}
