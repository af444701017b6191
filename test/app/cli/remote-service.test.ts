import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import type { Outcome } from '../../../src/app/cli/outcome.ts';
import type { EventResource, JobResource } from '../../../src/rest/contract.ts';
import { daemonPlace, type DaemonPlace } from '../../support/daemon-process.ts';
import { compareFile, startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';
import { objectsOf, workplace, type Workplace } from './command.ts';

const SIZE = 12_000_000;
const SEED = 21;
const SLOW = { totalBytesPerSecond: 3_000_000 };

/** A working directory whose commands find the service of a place. */
async function guestOf(daemon: DaemonPlace): Promise<Workplace> {
  const place = await workplace();
  delete place.env['HAULYARD_EMBEDDED'];
  place.env['HAULYARD_SOCKET'] = daemon.socket;
  return place;
}

async function jobsOf(place: Workplace, ...options: string[]): Promise<readonly JobResource[]> {
  return objectsOf(await place.run(['list', '--jsonl', ...options])) as JobResource[];
}

test('get uses the service that runs: the job is made, followed and completed there', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  await daemon.start();
  origin.put('/big', { body: { size: SIZE, seed: SEED } });
  const result = await place.run(['get', '--json', '-x', '2', origin.url('/big')]);
  assert.equal(result.exitCode, 0, result.stderr);
  const [outcome] = objectsOf(result) as Outcome[];
  assert.equal(outcome?.state, 'acknowledged');
  assert.equal(outcome.file, place.directory.join('big'));
  assert.match(result.stderr, /^-x is the setting http\.connections_per_origin/m);
  assert.match(result.stderr, /^big: \d+%, .* of 11\.4 MiB/m);
  assert.equal(await compareFile(place.directory.join('big'), SIZE, SEED), undefined);
  assert.ok(!(await readdir(place.directory.path)).includes('data'), 'no engine in this process');
  const [job] = await jobsOf(place, '--finished');
  assert.equal(job?.id, outcome.id);
});

test('get waits for a service that is killed and started again, and the file is whole', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  const first = await daemon.start();
  origin.put('/big', { body: { size: SIZE, seed: SEED } });
  const command = place.start(['get', origin.url('/big')]);
  await until(() => origin.bytesSent() > SIZE / 4, { what: 'a quarter', timeoutMs: 20_000 });
  await first.kill();
  await until(() => command.stderr().includes('The service went away'), { what: 'the loss told' });
  origin.limit({});
  await daemon.start();
  const { exitCode, stderr } = await command.ended;
  assert.equal(exitCode, 0, stderr);
  assert.equal(await compareFile(place.directory.join('big'), SIZE, SEED), undefined);
});

test('Ctrl-C suspends the job in the service; the same command goes on with it', async () => {
  await using origin = await startOrigin({ limits: SLOW });
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  await daemon.start();
  origin.put('/big', { body: { size: SIZE, seed: SEED } });
  const command = place.start(['get', origin.url('/big')]);
  await until(() => origin.bytesSent() > SIZE / 3, { what: 'a third', timeoutMs: 20_000 });
  command.child.kill('SIGINT');
  const interrupted = await command.ended;
  assert.equal(interrupted.exitCode, 7, interrupted.stderr);
  const [job] = await jobsOf(place);
  assert.equal(job?.state, 'suspended');
  assert.ok(interrupted.stderr.includes(`haulyard resume --wait ${job.id}`));
  origin.limit({});
  const again = await place.run(['get', '--json', origin.url('/big')]);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.match(again.stderr, /^big: resuming at [1-9]\d*%$/m);
  assert.equal((objectsOf(again) as Outcome[])[0]?.id, job.id);
  assert.equal(await compareFile(place.directory.join('big'), SIZE, SEED), undefined);
});

test('a job is added by one process, resumed and waited for by another', async () => {
  await using origin = await startOrigin();
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  await daemon.start();
  origin.put('/big', { body: { size: SIZE, seed: SEED } });
  const added = await place.run(['add', '--paused', origin.url('/big')]);
  assert.equal(added.exitCode, 0, added.stderr);
  const id = added.stdout.trim();
  const explained = await place.run(['explain', 'big']);
  assert.match(explained.stderr, new RegExp(`^${id}  suspended$`, 'm'));
  const missing = await place.run(['complete', 'nothing']);
  assert.equal(missing.exitCode, 42);
  const waited = await place.run(['resume', '--wait', id.slice(-8)]);
  assert.equal(waited.exitCode, 0, waited.stderr);
  assert.equal(await compareFile(place.directory.join('big'), SIZE, SEED), undefined);
  const removed = await place.run(['remove', id]);
  assert.equal(removed.exitCode, 0, removed.stderr);
  assert.deepEqual(await jobsOf(place, '--finished'), []);
});

test('a failure in the service exits as the same failure in this process does', async () => {
  await using origin = await startOrigin();
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  await daemon.start();
  const result = await place.run(['get', origin.url('/missing')]);
  assert.equal(result.exitCode, 3, result.stderr);
  assert.match(result.stderr, /HTTP_E_STATUS_NOT_FOUND 0x80190194/);
  const early = await place.run(['complete', 'missing']);
  assert.equal(early.exitCode, 7, early.stderr);
});

test('events come in order and once, those of the past first', async () => {
  await using origin = await startOrigin();
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  await daemon.start();
  origin.put('/a', { body: Buffer.from('hello') });
  await place.run(['get', origin.url('/a')]);
  const command = place.start(['events', '--after', '0', '--jsonl']);
  let stdout = '';
  command.child.stdout?.on('data', (text: string) => (stdout += text));
  await until(() => stdout.includes('"acknowledged"'), { what: 'the past', timeoutMs: 20_000 });
  await place.run(['add', '--paused', origin.url('/a')]);
  await until(() => stdout.match(/job\.created/g)?.length === 2, { what: 'the second job' });
  command.child.kill('SIGINT');
  const ended = await command.ended;
  assert.equal(ended.exitCode, 0, ended.stderr);
  const sequences = (objectsOf(ended) as EventResource[]).map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    sequences.map((_, index) => index + (sequences[0] ?? 0)),
  );
});

test('watch tells changes of state as lines where there is no terminal', async () => {
  await using origin = await startOrigin();
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  await daemon.start();
  origin.put('/a', { body: Buffer.from('hello') });
  await place.run(['add', '--paused', origin.url('/a')]);
  const command = place.start(['watch']);
  await until(() => command.stderr().includes('a: suspended'), { what: 'the first look' });
  await place.run(['resume', 'a']);
  await until(() => command.stderr().includes('a: transferred'), { what: 'the end' });
  command.child.kill('SIGTERM');
  assert.equal((await command.ended).exitCode, 0);
});

test('settings are shown with their origin, stored, and taken back', async () => {
  await using daemon = await daemonPlace('[jobs]\nforeground_slots = 3\n');
  await using place = await guestOf(daemon);
  await daemon.start();
  const get = async (key: string): Promise<string> =>
    (await place.run(['config', 'get', key])).stdout;
  assert.equal(await get('jobs.foreground_slots'), '3\n');
  const set = await place.run(['config', 'set', 'bandwidth.total=2M']);
  assert.equal(set.exitCode, 0, set.stderr);
  assert.match(set.stderr, /^bandwidth\.total +2M +override/m);
  const limits = await place.run(['limit']);
  assert.match(limits.stderr, /^total +2 MiB\/s/m);
  assert.equal((await place.run(['config', 'unset', 'bandwidth.total'])).exitCode, 0);
  const misspelt = await place.run(['config', 'unset', 'bandwidth.totla']);
  assert.equal(misspelt.exitCode, 28);
  assert.match(misspelt.stderr, /did you mean "bandwidth\.total"/);
  assert.equal(await get('bandwidth.total'), 'not set\n');
  const typo = await place.run(['config', 'set', 'bandwith.total=2M']);
  assert.equal(typo.exitCode, 28);
  assert.match(typo.stderr, /bandwidth/);
  const test = await place.run(['policy', 'test', '--when', 'Tue 10:00', '--network', 'none']);
  assert.equal(test.exitCode, 0, test.stderr);
  assert.match(test.stderr, /^moment +Tue 10:00$/m);
  const bad = await place.run(['policy', 'test', '--when', 'someday']);
  assert.equal(bad.exitCode, 28, bad.stderr);
});

test('files of settings are checked without a service, and all that is wrong is told', async () => {
  await using place = await workplace();
  const file = place.directory.join('config.toml');
  await writeFile(file, '[bandwidth]\ntotal = 5\n[jbos]\n');
  const bad = await place.run(['config', 'check', file]);
  assert.equal(bad.exitCode, 28);
  assert.match(bad.stderr, /bandwidth\.total/);
  assert.match(bad.stderr, /jbos/);
  await writeFile(file, '[bandwidth]\ntotal = "5MB/s"\n');
  assert.equal((await place.run(['config', 'check', file])).exitCode, 0);
  const path = await place.run(['config', 'path', '--config', file]);
  assert.ok(path.stdout.endsWith(`${file}\n`));
});

test('the service is looked at, diagnosed, read anew and stopped', async () => {
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  const process = await daemon.start();
  const status = await place.run(['daemon', 'status', '--json']);
  assert.equal((objectsOf(status)[0] as { pid: number }).pid, process.pid);
  const doctor = await place.run(['daemon', 'doctor']);
  assert.match(doctor.stderr, /^good {2}service +version /m);
  const logs = await place.run(['logs', '-n', '5']);
  assert.match(logs.stdout, / info {2}ready /);
  await daemon.configure('[jobs]\nforeground_slots = 2\n');
  const reload = await place.run(['daemon', 'reload']);
  assert.match(reload.stderr, /^Changed: jobs\.foreground_slots$/m);
  const second = await place.run(['daemon', 'run', '--data-dir', daemon.dataDir]);
  assert.equal(second.exitCode, 29, second.stderr);
  const stop = await place.run(['daemon', 'stop']);
  assert.equal(stop.exitCode, 0, stop.stderr);
  assert.deepEqual(await process.exited, { code: 0, signal: null });
  assert.equal((await place.run(['daemon', 'status'])).exitCode, 40);
});

test('a token is shown once, works on TCP, and is void once revoked', async () => {
  await using daemon = await daemonPlace('[daemon]\ntcp = "127.0.0.1:0"\n');
  await using place = await guestOf(daemon);
  const process = await daemon.start();
  const here = ['--data-dir', daemon.dataDir];
  const made = await place.run(['daemon', 'token', '--user', 'bob', ...here]);
  assert.equal(made.exitCode, 0, made.stderr);
  const token = made.stdout.trim();
  const list = await place.run(['daemon', 'token', '--list', '--json', ...here]);
  assert.match(list.stdout, /"bob"/);
  assert.doesNotMatch(list.stdout + list.stderr + made.stderr, new RegExp(token.slice(4)));
  delete place.env['HAULYARD_SOCKET'];
  place.env['HAULYARD_TOKEN'] = token;
  place.env['HAULYARD_URL'] = `http://127.0.0.1:${process.port}`;
  const status = await place.run(['daemon', 'status', '--json']);
  assert.equal(status.exitCode, 0, status.stderr);
  assert.equal((objectsOf(status)[0] as { caller: string }).caller, 'bob');
  assert.equal((await place.run(['daemon', 'token', '--revoke', 'bob', ...here])).exitCode, 0);
  assert.equal((await place.run(['daemon', 'status'])).exitCode, 41);
});

test('without a service get and list do with the engine in their own process', async (t) => {
  await using origin = await startOrigin();
  await using place = await workplace();
  delete place.env['HAULYARD_EMBEDDED'];
  place.env['XDG_RUNTIME_DIR'] = place.directory.path;
  const probe = await place.run(['daemon', 'status']);
  if (probe.exitCode === 0) return t.skip('a service of the machine runs');
  origin.put('/a', { body: Buffer.from('hello') });
  const result = await place.run(['get', origin.url('/a')]);
  assert.equal(result.exitCode, 0, result.stderr);
  assert.ok((await readdir(place.directory.path)).includes('data'));
  assert.equal((await place.run(['list'])).exitCode, 0);
});

test('a shell is offered commands, options and the jobs there are', async () => {
  await using daemon = await daemonPlace();
  await using place = await guestOf(daemon);
  await daemon.start();
  const added = await place.run(['add', '--paused', '--name', 'my job', 'http://127.0.0.1:1/a']);
  const offered = async (...words: string[]): Promise<string> =>
    (await place.run(['__completion', 'complete', '--', ...words])).stdout;
  assert.match(await offered('pa'), /^pause\t/m);
  assert.match(await offered('daemon', 'run', '--t'), /^--tcp\t/m);
  assert.match(await offered('show', ''), new RegExp(`^${added.stdout.trim()}\tmy job`, 'm'));
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const script = await place.run(['completion', shell]);
    assert.equal(script.exitCode, 0, script.stderr);
    assert.match(script.stdout, /haulyard __completion complete/);
  }
  assert.equal((await place.run(['completion', 'tcsh'])).exitCode, 28);
});
