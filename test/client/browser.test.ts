import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { test } from 'node:test';

import { openReader } from '../../src/client/browser.ts';
import type { StreamedEvent } from '../../src/client/browser.ts';
import { openApiWorld, TOKENS } from '../support/api-world.ts';
import { until } from '../support/temporary.ts';

const source = resolve(import.meta.dirname, '../../src');

/** Files and packages that a file loads when it runs, types left out. */
async function loadedBy(
  path: string,
  files: Set<string> = new Set(),
  packages: Set<string> = new Set(),
): Promise<{ files: ReadonlySet<string>; packages: ReadonlySet<string> }> {
  if (files.has(path)) return { files, packages };
  files.add(path);
  const text = await readFile(path, 'utf8');
  for (const [, names, target] of text.matchAll(IMPORT)) {
    // `{ type A }` is erased, and the file is loaded all the same.
    if (names!.trim().startsWith('type ')) continue;
    if (target!.startsWith('.')) await loadedBy(resolve(dirname(path), target!), files, packages);
    else packages.add(target!);
  }
  return { files, packages };
}

const IMPORT = /^(?:import|export)\s+([^;]*?)from\s+'([^']+)';/gm;

test('the browser entry loads nothing of Node, and one package', async () => {
  const { files, packages } = await loadedBy(resolve(source, 'client/browser.ts'));
  assert.deepEqual([...packages], ['eventsource-parser']);
  const layers = new Set([...files].map((file) => relative(source, file).split('/')[0]));
  assert.deepEqual(layers, new Set(['client', 'core', 'rest']));
});

test('the REST client loads no schema', async () => {
  const { files, packages } = await loadedBy(resolve(source, 'rest/client.ts'));
  assert.deepEqual([...packages], []);
  assert.ok(![...files].some((file) => /schemas|contract/.test(file)), [...files].join('\n'));
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('the reader lists jobs and files, tells of one, and follows what happens', async () => {
  await using world = await openApiWorld();
  const reader = openReader({ url: `http://127.0.0.1:${world.port}`, token: TOKENS.alice });
  const events: StreamedEvent[] = [];
  await using _watch = await reader.watch({
    onEvent: (event) => void events.push(event),
    onGap: () => undefined,
  });
  const caller = { user: 'alice', administrator: false };
  const { facts } = await world.service.createJob(caller, {
    displayName: 'seen',
    files: [{ url: 'http://127.0.0.1:9/a', localName: world.target('a') }],
  });
  const jobs = await all(reader.jobs({ states: ['suspended'] }));
  assert.deepEqual(
    jobs.map(({ id, displayName }) => [id, displayName]),
    [[facts.id, 'seen']],
  );
  assert.equal((await reader.job(facts.id)).state, 'suspended');
  const files = await all(reader.files(facts.id));
  assert.deepEqual(
    files.map((file) => file.remoteName),
    ['http://127.0.0.1:9/a'],
  );
  assert.equal((await reader.explain(facts.id)).id, facts.id);
  assert.equal((await reader.stats()).jobsByState['suspended'], 1);
  assert.ok('total' in (await reader.limits()));
  await until(() => events.some(({ kind }) => kind === 'job.created'), { what: 'the event' });
});

test('a reader with a wrong token, and one without a service, say so', async () => {
  await using world = await openApiWorld();
  const url = `http://127.0.0.1:${world.port}`;
  await assert.rejects(openReader({ url, token: 'wrong' }).stats(), { code: 'E_ACCESSDENIED' });
  await assert.rejects(openReader({ url: 'http://127.0.0.1:1' }).stats(), {
    code: 'DO_E_NO_SERVICE',
  });
});
