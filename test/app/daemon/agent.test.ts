import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';

import { daemonPlace, type DaemonPlace, type DaemonProcess } from '../../support/daemon-process.ts';
import { compareFile, fillFile } from '../../support/origin.ts';
import { resetSocket } from '../../support/reset-socket.ts';
import { until } from '../../support/temporary.ts';
import { startNginx, type WebServer } from '../../support/web-servers.ts';
import { AgentClient, type AgentReply, requestText } from '../agent/agent-client.ts';

const SIZE = 8_000_000;
const SEED = 91;

interface Served extends AsyncDisposable {
  readonly place: DaemonPlace;
  readonly nginx: WebServer;
  readonly daemon: DaemonProcess;
  readonly target: string;
}

async function openServed(limitRate: number): Promise<Served> {
  await using opened = new AsyncDisposableStack();
  const place = opened.use(await daemonPlace());
  await place.configure(`
[agent]
enabled = true
run_dir = "${place.join('agent-run')}"
config_dir = "${place.join('agent-etc')}"
log_dir = "${place.join('agent-log')}"
`);
  await mkdir(place.join('www'));
  await fillFile(place.join('www', 'file'), SIZE, SEED);
  const nginx = opened.use(
    await startNginx({ root: place.join('www'), limitRate, sendBufferBytes: 65_536 }),
  );
  const daemon = await place.start();
  const resources = opened.move();
  return {
    place,
    nginx,
    daemon,
    target: place.target('file'),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Finds the listener as the agent's clients do: the newest file whose name has `restport`. */
async function agentPort(place: DaemonPlace): Promise<number> {
  const directory = place.join('agent-run');
  const names = (await readdir(directory)).filter((name) => name.includes('restport'));
  assert.equal(names.length, 1, `port files: ${names.join(', ')}`);
  return Number(await readFile(`${directory}/${names[0]!}`, 'utf8'));
}

/** A call on a connection of its own. */
async function call(place: DaemonPlace, method: string, target: string): Promise<AgentReply> {
  using client = await AgentClient.open(await agentPort(place));
  return await client.call(method, target);
}

/**
 * A call from a client that never reads its reply and resets the connection.
 *
 * @param waitForEffect - what shows that the call has been carried out; without it the reset may
 *   overtake the call, which is then lost
 */
async function callAndReset(
  place: DaemonPlace,
  method: string,
  target: string,
  waitForEffect: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  using client = await AgentClient.open(await agentPort(place));
  client.socket.pause();
  client.socket.on('error', () => {});
  await new Promise<void>((resolve) => {
    client.socket.write(requestText(method, target), () => resolve());
  });
  await waitForEffect();
  resetSocket(client.socket);
}

async function succeed(place: DaemonPlace, method: string, target: string): Promise<unknown> {
  const { status, body } = await call(place, method, target);
  assert.equal(status, 200, `${target}: ${body}`);
  return JSON.parse(body);
}

interface Status {
  readonly Status: string;
  readonly BytesTotal: string;
  readonly BytesTransferred: string;
  readonly ErrorCode: string;
}

async function statusWhen(
  place: DaemonPlace,
  id: string,
  what: string,
  isSo: (status: Status) => boolean,
): Promise<Status> {
  let last: Status | undefined;
  const found = await until(
    async () => {
      last = (await succeed(place, 'GET', `download/getstatus?Id=${id}`)) as Status;
      return isSo(last) ? last : undefined;
    },
    { what, timeoutMs: 30_000, everyMs: 25 },
  ).catch((error: unknown) => {
    throw new Error(`The download is ${JSON.stringify(last)}.`, { cause: error });
  });
  return found!;
}

const bytesOf = ({ BytesTransferred }: Status): number => Number(BytesTransferred);

async function create({ place, nginx, target }: Served): Promise<string> {
  const query = `Uri=${nginx.url('/file')}&DownloadFilePath=${target}`;
  const { Id } = (await succeed(place, 'POST', `download/create?${query}`)) as { Id: string };
  return Id;
}

test('a client of the agent downloads from nginx, with three pauses, to the last byte', async () => {
  await using served = await openServed(3_000_000);
  const { place, target } = served;
  const id = await create(served);
  await succeed(place, 'POST', `download/start?Id=${id}`);
  assert.equal((await stat(target)).isFile(), true, 'the file is there once start is answered');
  for (let round = 1; round <= 3; round += 1) {
    const status = await statusWhen(
      place,
      id,
      'bytes',
      (now) => now.Status === 'Transferring' && bytesOf(now) > round * 600_000,
    );
    assert.equal(status.BytesTotal, String(SIZE));
    await succeed(place, 'POST', `download/pause?Id=${id}`);
    await statusWhen(place, id, 'the pause', (now) => now.Status === 'Paused');
    assert.equal((await call(place, 'POST', `download/finalize?Id=${id}`)).status, 400);
    await succeed(place, 'POST', `download/start?Id=${id}`);
  }
  const done = await statusWhen(place, id, 'the end', (now) => now.Status === 'Transferred');
  assert.equal(done.BytesTransferred, String(SIZE));
  await succeed(place, 'POST', `download/finalize?Id=${id}`);
  assert.equal(await compareFile(target, SIZE, SEED), undefined);
  assert.equal((await call(place, 'GET', `download/getstatus?Id=${id}`)).status, 404);
});

test('clients that reset their connections do the service no harm', async () => {
  await using served = await openServed(3_000_000);
  const { place, target, daemon } = served;
  const id = await create(served);
  const start = () =>
    callAndReset(place, 'POST', `download/start?Id=${id}`, () =>
      statusWhen(place, id, 'the start', (now) => now.Status === 'Transferring'),
    );
  await start();
  for (let round = 1; round <= 3; round += 1) {
    await statusWhen(place, id, 'bytes', (now) => bytesOf(now) > round * 600_000);
    await callAndReset(place, 'POST', `download/pause?Id=${id}`, () =>
      statusWhen(place, id, 'the pause', (now) => now.Status === 'Paused'),
    );
    for (let more = 0; more < 20; more += 1) {
      await callAndReset(place, 'GET', `download/getstatus?Id=${id}`);
    }
    await start();
  }
  await statusWhen(place, id, 'the end', (now) => now.Status === 'Transferred');
  await succeed(place, 'POST', `download/finalize?Id=${id}`);
  assert.equal(await compareFile(target, SIZE, SEED), undefined);
  assert.equal((await daemon.ask('GET', '/v1/service')).pid, daemon.pid);
});

test('a download of the agent keeps its id and its bytes through a crash', async () => {
  await using served = await openServed(1_500_000);
  const { place, target, daemon, nginx } = served;
  const id = await create(served);
  const idle = await create({ ...served, target: place.target('idle') });
  await succeed(place, 'POST', `download/start?Id=${id}`);
  await statusWhen(place, id, 'bytes', (now) => bytesOf(now) > 2_500_000);
  await daemon.kill();
  const next = await place.start();
  const status = (await succeed(place, 'GET', `download/getstatus?Id=${idle}`)) as Status;
  assert.equal(status.Status, 'Created');
  const found = await statusWhen(place, id, 'the download', (now) => bytesOf(now) > 0);
  // Whether it goes on by itself or waits for its client, start brings it to its end.
  assert.ok(['Transferring', 'Paused', 'Transferred'].includes(found.Status), found.Status);
  await succeed(place, 'POST', `download/start?Id=${id}`);
  await statusWhen(place, id, 'the end', (now) => now.Status === 'Transferred');
  await succeed(place, 'POST', `download/finalize?Id=${id}`);
  assert.equal(await compareFile(target, SIZE, SEED), undefined);
  assert.ok(
    (await nginx.accessLog()).some(({ range }) => range !== ''),
    'it was resumed',
  );
  assert.deepEqual(await next.stop(), { code: 0, signal: null });
  assert.deepEqual(await readdir(place.join('agent-run')), [], 'the port file is gone');
});
