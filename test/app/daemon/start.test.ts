import assert from 'node:assert/strict';
import { lstat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { test } from 'node:test';

import { daemonPlace } from '../../support/daemon-process.ts';
import { until } from '../../support/temporary.ts';

test('a service that says it is ready takes calls on its socket, which is its owner’s alone', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start();
  assert.deepEqual(await daemon.ask('GET', '/readyz'), { status: 'ready' });
  const service = await daemon.ask('GET', '/v1/service');
  assert.equal(service.pid, daemon.pid);
  assert.equal(service.administrator, true);
  assert.deepEqual(service.listeners, [place.socket]);
  const stats = await lstat(place.socket);
  assert.ok(stats.isSocket());
  assert.equal(stats.mode & 0o777, 0o600);
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
  await assert.rejects(lstat(place.socket), { code: 'ENOENT' });
});

test('without a named socket it makes a runtime directory that nobody else may enter', async () => {
  await using place = await daemonPlace();
  const runtime = place.join('runtime');
  const env = { HAULYARD_SOCKET: '', XDG_RUNTIME_DIR: runtime };
  const daemon = await place.start({ env });
  const directory = place.join('runtime', 'haulyard');
  assert.deepEqual(daemon.addresses, [`${directory}/haulyard.sock`]);
  assert.equal((await lstat(directory)).mode & 0o777, 0o700);
  assert.equal((await lstat(`${directory}/haulyard.sock`)).mode & 0o777, 0o600);
});

test('a named socket gets its directory made, private too', async () => {
  await using place = await daemonPlace();
  const socket = place.join('deep', 'er', 'haulyard.sock');
  const daemon = await place.start({ env: { HAULYARD_SOCKET: socket } });
  assert.deepEqual(daemon.addresses, [socket]);
  assert.equal((await lstat(place.join('deep', 'er'))).mode & 0o777, 0o700);
});

test('a second service on the same data directory is refused, and told who has it', async () => {
  await using place = await daemonPlace();
  const first = await place.start();
  const { code, stderr } = await place.refused({
    env: { HAULYARD_SOCKET: place.join('run', 'other.sock') },
  });
  assert.notEqual(code, 0);
  assert.match(stderr, /haulyard daemon run/);
  assert.match(stderr, new RegExp(String(first.pid)));
  assert.doesNotMatch(stderr, /\n\s+at /, 'a refusal is a sentence, not a stack');
  assert.equal((await first.ask('GET', '/readyz')).status, 'ready');
});

test('a second service on the same socket is refused, and the first one keeps it', async () => {
  await using place = await daemonPlace();
  const first = await place.start();
  const { code, stderr } = await place.refused({ env: { HAULYARD_DATA_DIR: place.join('other') } });
  assert.notEqual(code, 0);
  assert.match(stderr, /listening at .* already/);
  assert.match(stderr, /haulyard daemon stop/);
  assert.equal((await first.ask('GET', '/v1/service')).pid, first.pid);
});

test('the socket of a killed service is cleared away by the next one', async () => {
  await using place = await daemonPlace();
  const first = await place.start();
  await first.kill();
  assert.ok((await lstat(place.socket)).isSocket(), 'a crash leaves the socket');
  const second = await place.start();
  assert.equal((await second.ask('GET', '/v1/service')).pid, second.pid);
});

test('a file that is no socket is left alone, and keeps the service from starting there', async () => {
  await using place = await daemonPlace();
  await writeFile(place.socket, 'precious');
  const { code, stderr } = await place.refused();
  assert.notEqual(code, 0);
  assert.match(stderr, /is not a socket/);
  assert.ok((await lstat(place.socket)).isFile());
});

test('a configuration that is wrong is refused with file, line and every problem', async () => {
  await using place = await daemonPlace('[jobs]\nforeground_slot = 3\n\n[bandwidth]\ntotal = 5\n');
  const { code, stderr } = await place.refused();
  assert.notEqual(code, 0);
  assert.match(stderr, /config\.toml/);
  assert.match(stderr, /foreground_slots/, 'a key that is not known is met with a suggestion');
  assert.match(stderr, /bandwidth\.total/);
});

test('a stop over the interface ends the service as SIGTERM does', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start();
  await daemon.ask('POST', '/v1/service/stop');
  assert.deepEqual(await daemon.exited, { code: 0, signal: null });
});

test('listeners that stay connected do not keep the service from ending', async () => {
  await using place = await daemonPlace('[daemon]\ntcp = "127.0.0.1:0"\n');
  const daemon = await place.start();
  // A stream of events, a connection without a request, and one with half of one.
  const stream = createConnection(place.socket);
  let heard = '';
  stream.setEncoding('utf8').on('data', (text: string) => (heard += text));
  stream.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const idle = createConnection(daemon.port, '127.0.0.1');
  const half = createConnection(place.socket);
  half.write('GET /v1/jobs HTTP/1.1\r\nHo');
  for (const socket of [stream, idle, half]) socket.on('error', () => {});
  await until(() => heard.includes('text/event-stream'), { what: 'the stream to begin' });
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
  for (const socket of [stream, idle, half]) socket.destroy();
});
