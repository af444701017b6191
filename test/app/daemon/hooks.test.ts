import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import type { EventResource } from '../../../src/rest/contract.ts';
import { completeJob, jobInState, makeJob, PATIENCE_MS } from '../../support/daemon-jobs.ts';
import { daemonPlace, type DaemonProcess } from '../../support/daemon-process.ts';
import { startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';
import { receiveWebhooks } from '../../support/webhook-receiver.ts';

const KINDS: readonly string[] = ['job.created', 'job.state'];
const SECRET = 'a secret of more than sixteen characters';
const body = { size: 200_000, seed: 31 };

/** Adds the event and the environment to a file, one line for each run. */
const NOTE = `
  let text = '';
  process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => {
    const env = Object.entries(process.env).filter(([name]) => name.startsWith('HAULYARD_'));
    const line = JSON.stringify({ ...JSON.parse(text), env: Object.fromEntries(env) });
    require('node:fs').appendFileSync(process.argv[1], line + '\\n');
  });
`;

const program = (file: string): string => JSON.stringify([process.execPath, '-e', NOTE, file]);

// oxlint-disable-next-line typescript/no-explicit-any -- the test looks into what the program wrote
async function noted(file: string): Promise<any[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function eventsOf(daemon: DaemonProcess, id: string): Promise<readonly EventResource[]> {
  const { events } = await daemon.ask('GET', `/v1/jobs/${id}/events?limit=1000`);
  return (events as EventResource[]).filter(({ kind }) => KINDS.includes(kind));
}

const sequencesOf = (events: readonly { readonly sequence: number }[]): number[] => [
  ...new Set(events.map(({ sequence }) => sequence)),
];

test('every change of state reaches program and webhook, through a receiver that is down and a crash', async () => {
  await using origin = await startOrigin();
  await using place = await daemonPlace();
  // A port that is free, and on which nobody listens until later.
  const { port } = await (async () => {
    await using closed = await receiveWebhooks(SECRET);
    return { port: closed.port };
  })();
  const file = place.join('noted');
  await place.configure(`
[notify]
command = ${program(file)}
retry_min = "1s"
retry_max = "1s"
webhook = [{ url = "http://127.0.0.1:${port}/hook", secret = "${SECRET}", events = ${JSON.stringify(KINDS)} }]
`);
  const first = await place.start();
  const { id } = await makeJob(first, origin.put('/file', { body }), place.target('file'));
  await jobInState(first, id, 'transferred');
  await until(() => first.log.some(({ msg }) => msg.includes('told again')), {
    what: 'the webhook to fail',
    timeoutMs: PATIENCE_MS,
  });
  await first.kill();

  await using receiver = await receiveWebhooks(SECRET, port);
  receiver.setBusy(true);
  const second = await place.start();
  await until(() => receiver.refused.length > 0, { what: 'a delivery', timeoutMs: PATIENCE_MS });
  receiver.setBusy(false);
  await completeJob(second, id, place.target('file'), body);
  const events = await eventsOf(second, id);
  const wanted = sequencesOf(events);
  assert.equal(wanted[0], 1, 'the first event of a new store is owed too');
  const changes = sequencesOf(events.filter(({ kind }) => kind === 'job.state'));
  assert.ok(changes.length >= 4, 'queued, transferring, transferred, acknowledged at least');
  await until(() => receiver.taken.at(-1)?.body.sequence === wanted.at(-1), {
    what: 'the webhook of the last event',
    timeoutMs: PATIENCE_MS,
  });
  const told = receiver.taken.map((delivery) => delivery.body);
  assert.deepEqual(sequencesOf(told), wanted, 'each event at least once, in order');
  for (const { id: messageId, isSigned, timestamp, body: sent } of receiver.taken) {
    assert.ok(isSigned, `${messageId} is signed`);
    assert.equal(messageId, `evt_${sent.sequence}`);
    assert.ok(Math.abs(Date.now() / 1_000 - timestamp) < 300);
    const { attempt, job, ...event } = sent;
    assert.ok(attempt >= 1);
    assert.equal(job.id, id);
    assert.equal(job.progress.filesTotal, 1);
    assert.deepEqual(
      event,
      events.find(({ sequence }) => sequence === event.sequence),
    );
  }
  assert.ok(receiver.refused.every(({ isSigned }) => isSigned));

  await until(async () => (await noted(file)).at(-1)?.sequence === changes.at(-1), {
    what: 'the program to be run for the last event',
    timeoutMs: PATIENCE_MS,
  });
  const notes = await noted(file);
  assert.deepEqual(sequencesOf(notes), changes);
  for (const note of notes) {
    assert.equal(note.env.HAULYARD_EVENT, 'job.state');
    assert.equal(note.env.HAULYARD_EVENT_ID, String(note.sequence));
    assert.equal(note.env.HAULYARD_JOB_ID, id);
    assert.equal(note.env.HAULYARD_JOB_NAME, place.target('file'));
    assert.equal(note.job.owner, note.env.HAULYARD_JOB_OWNER);
  }
});

test('a handler is called for the jobs that name it and for no other, by GUID in any spelling', async () => {
  await using origin = await startOrigin();
  await using place = await daemonPlace();
  // A key as libraries for Standard Webhooks make it, in a file of its own.
  const key = randomBytes(32);
  await writeFile(place.join('key'), `whsec_${key.toString('base64')}\n`);
  await using receiver = await receiveWebhooks(key);
  const guid = '6b29fc40-ca47-1067-b31d-00dd010662da';
  const other = '00000000-1111-2222-3333-444444444444';
  const file = place.join('noted');
  await place.configure(`
[notify.handlers]
"{${guid.toUpperCase()}}" = { url = "http://127.0.0.1:${receiver.port}/guid", secret_file = "${place.join('key')}" }
${other} = { command = ${program(file)} }
`);
  const daemon = await place.start();
  const url = origin.put('/file', { body });
  const make = (name: string, notificationClsid?: string) =>
    makeJob(daemon, url, place.target(name), notificationClsid ? { notificationClsid } : {});
  const byGuid = await make('by-guid', guid.toUpperCase());
  const byOther = await make('by-other', other);
  const plain = await make('plain');
  const failing = await makeJob(daemon, origin.url('/gone'), place.target('gone'), {
    notificationClsid: guid,
  });
  for (const { id } of [byGuid, byOther, plain]) await jobInState(daemon, id, 'transferred');
  await jobInState(daemon, failing.id, 'error');
  await until(() => receiver.taken.length === 2, { what: 'both', timeoutMs: PATIENCE_MS });
  await until(async () => (await noted(file)).length === 1, {
    what: 'one',
    timeoutMs: PATIENCE_MS,
  });
  assert.deepEqual(
    new Set(receiver.taken.map(({ body: { jobId, to } }) => `${jobId} ${to}`)),
    new Set([`${byGuid.id} transferred`, `${failing.id} error`]),
  );
  const [note] = await noted(file);
  assert.deepEqual([note.jobId, note.to], [byOther.id, 'transferred']);

  // A hook that is taken out of the file is heard no more, and one put in hears at once.
  await place.configure(`
[notify]
webhook = [{ url = "http://127.0.0.1:${receiver.port}/new", secret_file = "${place.join('key')}", events = ["job.created"] }]
`);
  await daemon.ask('POST', '/v1/service/reload');
  const later = await make('later', other);
  await jobInState(daemon, later.id, 'transferred');
  await until(() => receiver.taken.length === 3, { what: 'the new one', timeoutMs: PATIENCE_MS });
  assert.ok(receiver.taken.every(({ isSigned }) => isSigned));
  assert.equal(receiver.taken[2]!.path, '/new');
  assert.equal(receiver.taken[2]!.body.kind, 'job.created');
  assert.equal((await noted(file)).length, 1);
});
