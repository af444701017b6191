import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { startOrigin } from '../../support/origin.ts';
import { workplace, type Workplace } from './command.ts';
import { fakeService, jobResource } from './fake-service.ts';

/** What any command needs: the command line and colours. */
const ALWAYS = ['commander', 'picocolors'];

/** What draws a table for people, with its own dependencies. */
const TABLE = [
  'cli-table3',
  'string-width',
  'strip-ansi',
  'ansi-regex',
  'emoji-regex',
  'is-fullwidth-code-point',
];

/** What a command has loaded. */
interface Loaded {
  /** Packages, in alphabetical order. */
  readonly packages: readonly string[];
  /** The package's own modules, below `src`. */
  readonly own: readonly string[];
}

async function loadedBy(place: Workplace, args: readonly string[]): Promise<Loaded> {
  const file = place.directory.join('modules');
  const note = new URL('../../support/note-modules.ts', import.meta.url).href;
  place.env['NODE_OPTIONS'] = `--import ${note}`;
  place.env['MODULES_LOADED'] = file;
  const result = await place.run(args);
  assert.equal(result.exitCode, 0, result.stderr);
  const urls = (await readFile(file, 'utf8')).split('\n');
  const packages = urls.flatMap(
    (url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [],
  );
  const own = urls.flatMap((url) => /\/src\/(.+)$/.exec(url)?.[1] ?? []);
  return { packages: [...new Set(packages)].sort(), own };
}

/** A workplace whose commands speak to a service with one job. */
async function placeWithService(): Promise<{ readonly place: Workplace } & AsyncDisposable> {
  await using setup = new AsyncDisposableStack();
  const place = setup.use(await workplace());
  const socket = place.directory.join('h.sock');
  const job = jobResource();
  setup.use(
    await fakeService(socket, {
      listJobs: () => ({ jobs: [job], next: null, total: 1 }),
      getJob: () => job,
      listFiles: () => ({ files: [], next: null }),
    }),
  );
  delete place.env['HAULYARD_EMBEDDED'];
  place.env['HAULYARD_SOCKET'] = socket;
  const ending = setup.move();
  return { place, [Symbol.asyncDispose]: () => ending.disposeAsync() };
}

test('the version is told without anything of the engine or of a service', async () => {
  await using place = await workplace();
  const { packages, own } = await loadedBy(place, ['--version']);
  assert.deepEqual(packages, ALWAYS);
  assert.deepEqual(
    own.filter((name) => !/^(app\/cli\/[^/]+|package-version)\.ts$/.test(name)),
    [],
  );
});

test('get without a service loads no server, no schemas, and no second family', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: Buffer.from('hello') });
  const { packages, own } = await loadedBy(place, ['get', url]);
  assert.deepEqual(packages, ALWAYS);
  assert.deepEqual(
    own.filter((name) =>
      /^(rest\/(schemas|client|contract)|client|app\/(api|daemon|agent|service))\b/.test(name),
    ),
    [],
  );
  assert.deepEqual(
    own.filter((name) => name.startsWith('engine/interfaces/download')),
    [],
  );
});

test('list and show with a service load neither the engine nor a package for it', async () => {
  await using world = await placeWithService();
  for (const args of [['list'], ['show', 'big.iso'], ['list', '--json']]) {
    const { packages, own } = await loadedBy(world.place, args);
    const table = args[0] === 'list' ? TABLE : [];
    assert.deepEqual(
      packages.filter((name) => ![...ALWAYS, ...table].includes(name)),
      [],
    );
    assert.deepEqual(
      own.filter((name) =>
        /^(engine|io|ports|notify|rest\/schemas|app\/(api|daemon))\//.test(name),
      ),
      [],
    );
  }
});
