import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import * as limits from '../../src/core/limits.ts';
import { root } from './run-example.ts';

test('the library example of the README is examples/first-job.ts, byte for byte', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  const example = await readFile(join(root, 'examples', 'first-job.ts'), 'utf8');
  assert.equal(blocks[0], example);
});

test('docs/limits.md has every limit with its value, and no other', async () => {
  const text = await readFile(join(root, 'docs', 'limits.md'), 'utf8');
  const rows = text.matchAll(/^\| `([A-Z_]+)` *\| *([\d,]+) \|/gm);
  const documented = Object.fromEntries(
    [...rows].map(([, name = '', value = '']) => [name, Number(value.replaceAll(',', ''))]),
  );
  assert.deepEqual(documented, { ...limits });
});

test('links between the documents lead somewhere', async () => {
  const decisions = await readdir(join(root, 'docs', 'decisions'));
  const documents = [
    'README.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'docs/limits.md',
    ...decisions.map((name) => `docs/decisions/${name}`),
  ];
  for (const document of documents) {
    const text = await readFile(join(root, document), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      await assert.doesNotReject(stat(join(root, dirname(document), target)), document);
    }
  }
});
