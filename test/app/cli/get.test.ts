import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';

import type { Outcome } from '../../../src/app/cli/outcome.ts';
import { compareFile, sha256Of, startOrigin } from '../../support/origin.ts';
import { COMMANDS } from '../../../src/app/cli/command-table.ts';
import { objectsOf, workplace } from './command.ts';

const SIZE = 3_000_000;
const hello = Buffer.from('hello');

test('get fetches a file, tells its size and time, and leaves nothing else behind', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/some%20file.bin', { body: { size: SIZE, seed: 1 } });
  const result = await place.run(['get', url]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^some file\.bin: fetching http:/m);
  assert.match(result.stderr, /^some file\.bin: 2\.86 MiB in [\d.]+m?s \(.*\/s\)$/m);
  assert.equal(await compareFile(place.directory.join('some file.bin'), SIZE, 1), undefined);
  assert.deepEqual((await readdir(place.directory.path)).sort(), ['data', 'some file.bin']);
});

test('with --json stdout has one object for each job, and nothing else', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: hello });
  const result = await place.run(['get', '--json', url, origin.url('/missing')]);
  assert.equal(result.exitCode, 3);
  const outcomes = objectsOf(result) as Outcome[];
  assert.equal(outcomes.length, 2);
  const good = outcomes.find((outcome) => outcome.error === null);
  const bad = outcomes.find((outcome) => outcome.error !== null);
  assert.ok(good && bad);
  const { id, elapsedMs, ...facts } = good;
  assert.match(id ?? '', /^[0-9a-f-]{36}$/);
  assert.ok(elapsedMs >= 0);
  assert.deepEqual(facts, {
    name: 'a',
    url,
    file: place.directory.join('a'),
    state: 'acknowledged',
    bytesTotal: 5,
    bytesTransferred: 5,
    filesTotal: 1,
    filesTransferred: 1,
    error: null,
  });
  assert.equal(bad.state, 'error');
  assert.equal(bad.error?.code, 'HTTP_E_STATUS_NOT_FOUND');
});

test('one failure does not stop the other downloads', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const a = origin.put('/a', { body: hello });
  const b = origin.put('/b', { body: hello });
  const result = await place.run(['get', a, origin.url('/missing'), b]);
  assert.equal(result.exitCode, 3);
  assert.match(result.stderr, /^missing: .*404.*\(HTTP_E_STATUS_NOT_FOUND 0x80190194\)$/m);
  assert.equal(await readFile(place.directory.join('a'), 'utf8'), 'hello');
  assert.equal(await readFile(place.directory.join('b'), 'utf8'), 'hello');
});

test('-d is made when missing, and -o counts from it', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: hello });
  const result = await place.run(['get', '-d', 'x/y', '-o', 'b.txt', url]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal(await readFile(place.directory.join('x/y/b.txt'), 'utf8'), 'hello');
});

test('an existing file is replaced, unless --no-clobber protects it', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: hello });
  const other = origin.put('/other', { body: hello });
  await writeFile(place.directory.join('a'), 'old');
  const kept = await place.run(['get', '--no-clobber', url, other]);
  assert.equal(kept.exitCode, 13);
  assert.match(kept.stderr, /^a: .*exists already.*ERROR_FILE_EXISTS/m);
  assert.equal(await readFile(place.directory.join('a'), 'utf8'), 'old');
  assert.equal(await readFile(place.directory.join('other'), 'utf8'), 'hello');
  const replaced = await place.run(['get', url]);
  assert.equal(replaced.exitCode, 0, replaced.stderr);
  assert.equal(await readFile(place.directory.join('a'), 'utf8'), 'hello');
});

test('a list from stdin or a file names URLs and files', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const a = origin.put('/a', { body: hello });
  const b = origin.put('/b', { body: hello });
  const list = `# two files\n${a}\n  out=sub/first\n\n${b}\n`;
  const first = await place.run(['get', '-i', '-'], list);
  assert.equal(first.exitCode, 0, first.stderr);
  assert.equal(await readFile(place.directory.join('sub/first'), 'utf8'), 'hello');
  assert.equal(await readFile(place.directory.join('b'), 'utf8'), 'hello');
  await writeFile(place.directory.join('list.txt'), list);
  const second = await place.run(['get', '-d', 'again', '-i', 'list.txt']);
  assert.equal(second.exitCode, 0, second.stderr);
  assert.deepEqual((await readdir(place.directory.join('again'))).sort(), ['b', 'sub']);
  const missing = await place.run(['get', '-i', 'missing.txt']);
  assert.equal(missing.exitCode, 17);
});

test('headers are sent with every request', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: hello });
  const result = await place.run(['get', '-H', 'X-One: 1', '--header', 'X-Two: two words', url]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.ok(origin.requests.length > 0);
  for (const request of origin.requests) {
    assert.equal(request.headers['x-one'], '1');
    assert.equal(request.headers['x-two'], 'two words');
  }
});

test('-x 1 uses one connection, and --limit and --priority are taken', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/big', { body: { size: 20_000_000, seed: 3 } });
  const result = await place.run(['get', '-x', '1', '--limit', '40M', '--priority', 'low', url]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal(origin.connections.peakBusy, 1);
  assert.equal(await compareFile(place.directory.join('big'), 20_000_000, 3), undefined);
});

test('a checksum that fits is accepted; one that does not exits with 32 and leaves no file', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: { size: SIZE, seed: 4 } });
  const right = `sha-256=${sha256Of(SIZE, 4)}`;
  const wrong = `sha-256=${'0'.repeat(64)}`;
  const refused = await place.run(['get', '--timeout', '0', '--checksum', wrong, url]);
  assert.equal(refused.exitCode, 32, refused.stderr);
  assert.deepEqual(await readdir(place.directory.path).then((names) => names.includes('a')), false);
  const accepted = await place.run(['get', '--checksum', right, url]);
  assert.equal(accepted.exitCode, 0, accepted.stderr);
  assert.equal(await compareFile(place.directory.join('a'), SIZE, 4), undefined);
});

test('a failure that heals is told and tried again', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: hello });
  origin.script('/a', [{ kind: 'retry-after', status: 503, value: 1 }]);
  const result = await place.run(['get', url]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.match(result.stderr, /^a: waiting at least 1s to try again: .*503/m);
});

test('--timeout 0 gives up at the first failure', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const url = origin.put('/a', { body: hello });
  origin.always('/a', { kind: 'status', status: 503 });
  const result = await place.run(['get', '--timeout', '0', url]);
  assert.equal(result.exitCode, 29, result.stderr);
});

test('a refused connection exits with 6', async () => {
  await using place = await workplace();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const result = await place.run(['get', '--timeout', '0', `http://127.0.0.1:${port}/a`]);
  assert.equal(result.exitCode, 6, result.stderr);
});

test('files of unknown and of no size are fetched', async () => {
  await using origin = await startOrigin();
  await using place = await workplace();
  const empty = origin.put('/empty', { body: Buffer.alloc(0) });
  const chunked = origin.put('/chunked', { body: { size: SIZE, seed: 5 } });
  origin.always('/chunked', { kind: 'chunked' });
  const result = await place.run(['get', empty, chunked]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal(await readFile(place.directory.join('empty'), 'utf8'), '');
  assert.equal(await compareFile(place.directory.join('chunked'), SIZE, 5), undefined);
});

const wrongCommands: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['get'], /Nothing to fetch/],
  [['get', '--frobnicate', 'http://host/'], /unknown option '--frobnicate'/],
  [['get', '--limit', 'fast', 'http://host/'], /--limit: "fast" is not a rate/],
  [['get', '-o', 'x', 'http://host/a', 'http://host/b'], /-o names one file/],
  [['get', 'http://host/1/a', 'http://host/2/a'], /would both become/],
  [['get', '--checksum', 'md5=1', 'http://host/'], /--checksum/],
  [['get', 'ftp://host/a'], /not an absolute http or https URL/],
  [['frobnicate'], /unknown command 'frobnicate'/],
  [[], /Usage: haulyard/],
];

test('a command that is wrong exits with 28 and touches nothing', async () => {
  await using place = await workplace();
  for (const [args, message] of wrongCommands) {
    const result = await place.run(args);
    assert.equal(result.exitCode, 28, args.join(' '));
    assert.match(result.stderr, message);
    assert.equal(result.stdout, '');
  }
  assert.deepEqual(await readdir(place.directory.path), []);
});

test('every command has a help text with options, examples and exit codes', async () => {
  await using place = await workplace();
  const names = COMMANDS.map(({ name }) => [name]);
  const inner = [
    ['daemon', 'run'],
    ['daemon', 'doctor'],
    ['daemon', 'token'],
    ['service', 'print'],
    ['config', 'set'],
    ['policy', 'test'],
  ];
  for (const words of [...names, ...inner]) {
    const result = await place.run([...words, '--help']);
    assert.equal(result.exitCode, 0);
    assert.match(result.stdout, new RegExp(`Usage: haulyard ${words.join(' ')}`));
    assert.match(result.stdout, /--data-dir[^]*Examples:[^]*Exit codes:/, words.join(' '));
  }
  const all = await place.run(['--help']);
  for (const { name, summary } of COMMANDS) {
    assert.match(all.stdout, new RegExp(`^  ${name} +${summary}$`, 'm'));
    const own = await place.run(['help', name]);
    assert.match(own.stdout, new RegExp(`Usage: haulyard ${name}`));
  }
  const misspelt = await place.run(['lsit']);
  assert.match(misspelt.stderr, /Did you mean list\?/);
  const version = await place.run(['--version']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(version.exitCode, 0);
});
