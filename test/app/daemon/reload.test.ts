import assert from 'node:assert/strict';
import { test } from 'node:test';

import { getJob, jobWhen, jobWithBytes, makeJob } from '../../support/daemon-jobs.ts';
import { daemonPlace, type DaemonProcess } from '../../support/daemon-process.ts';
import { startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';

interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly provider: string;
}

async function settingOf(daemon: DaemonProcess, key: string): Promise<Setting> {
  const { settings } = (await daemon.ask('GET', '/v1/config')) as { settings: readonly Setting[] };
  return settings.find((setting) => setting.key === key)!;
}

/** Waits until the log has a line that was not there before. */
async function logged(daemon: DaemonProcess, text: RegExp, since = 0): Promise<void> {
  await until(() => daemon.log.slice(since).some((line) => text.test(JSON.stringify(line))), {
    what: `the log to have ${String(text)}`,
    timeoutMs: 10_000,
  });
}

test('SIGHUP reads the file again, and a new limit acts on the transfer that runs', async () => {
  await using origin = await startOrigin();
  await using place = await daemonPlace('[bandwidth]\ntotal = "100KB/s"\n');
  const url = origin.put('/file', { body: { size: 50_000_000, seed: 1 } });
  const daemon = await place.start();
  const { id } = await makeJob(daemon, url, place.target('file'));
  await jobWithBytes(daemon, id, 50_000);
  await place.configure('[bandwidth]\ntotal = "unlimited"\n');
  daemon.signal('SIGHUP');
  // At the old rate this would take more than eight minutes.
  await jobWhen(daemon, id, 'the job to end', ({ state }) => state === 'transferred');
  assert.equal((await daemon.ask('GET', '/v1/limits')).total.bytesPerSecond, null);
});

test('a limit of 0 set by SIGHUP stops the bytes of a running transfer, and another lets them on', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 1_000_000 } });
  await using place = await daemonPlace();
  const url = origin.put('/file', { body: { size: 100_000_000, seed: 1 } });
  const daemon = await place.start();
  const { id } = await makeJob(daemon, url, place.target('file'));
  await jobWithBytes(daemon, id, 200_000);
  await place.configure('[bandwidth]\ntotal = 0\n');
  daemon.signal('SIGHUP');
  await logged(daemon, /configuration changed.*|bandwidth\.total/);
  let before = -1;
  await until(
    async () => {
      const now = (await getJob(daemon, id)).progress.bytesTransferred;
      const stands = now === before;
      before = now;
      return stands;
    },
    { what: 'the bytes to stand still', everyMs: 400, timeoutMs: 10_000 },
  );
  assert.equal((await daemon.ask('GET', '/v1/limits')).total.bytesPerSecond, 0);
  await daemon.ask('PATCH', '/v1/limits', { total: null });
  await jobWithBytes(daemon, id, before + 500_000);
});

test('a file that is wrong changes nothing at SIGHUP, and the log says what is wrong', async () => {
  await using place = await daemonPlace('[bandwidth]\ntotal = "1MB/s"\n');
  const daemon = await place.start();
  await place.configure('[bandwidth]\ntotal = "2MB/s"\nforground = "1MB/s"\n');
  daemon.signal('SIGHUP');
  await logged(daemon, /not reloaded/);
  const line = daemon.log.find(({ msg }) => msg.includes('not reloaded'));
  assert.match(JSON.stringify(line), /forground.*bandwidth\.foreground/);
  assert.equal((await daemon.ask('GET', '/v1/limits')).total.bytesPerSecond, 1_000_000);
  const { status, json } = await daemon.call({ method: 'POST', path: '/v1/service/reload' });
  assert.equal(status, 400);
  assert.equal(json.code, 'E_INVALIDARG');

  await place.configure('[bandwidth]\ntotal = "2MB/s"\n');
  const reloaded = await daemon.ask('POST', '/v1/service/reload');
  assert.deepEqual(reloaded, { changed: ['bandwidth.total'], needRestart: [] });
});

test('a setting that only a start reads is reported as such when the file changes', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start();
  await place.configure('[daemon]\nadministrators = ["nobody"]\n');
  const reloaded = await daemon.ask('POST', '/v1/service/reload');
  assert.deepEqual(reloaded, {
    changed: ['daemon.administrators'],
    needRestart: ['daemon.administrators'],
  });
  await logged(daemon, /restart the service/);
});

test('what is set through the interface survives a restart, stands above the file, and can be taken back', async () => {
  await using place = await daemonPlace('[bandwidth]\ntotal = "1MB/s"\n');
  const first = await place.start();
  await first.ask('PATCH', '/v1/config', {
    set: { 'bandwidth.total': '3MB/s', 'jobs.background_slots': 7 },
  });
  await first.ask('PATCH', '/v1/limits', { background: 500_000 });
  await first.kill();
  const second = await place.start();
  const limits = await second.ask('GET', '/v1/limits');
  assert.equal(limits.total.bytesPerSecond, 3_000_000);
  assert.equal(limits.background.bytesPerSecond, 500_000);
  const slots = await settingOf(second, 'jobs.background_slots');
  assert.deepEqual([slots.value, slots.provider], [7, 'override']);
  await second.ask('PATCH', '/v1/config', { set: { 'bandwidth.total': null } });
  const total = await settingOf(second, 'bandwidth.total');
  assert.deepEqual([total.value, total.provider], ['1MB/s', 'user']);
});

test('a change that is wrong is refused whole, with what is wrong, and nothing of it is stored', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start();
  const wrong: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
    [{ 'bandwidth.total': 'lots', 'jobs.background_slots': 9 }, /bandwidth\.total/],
    [{ 'bandwidth.totl': '1MB/s', 'jobs.background_slots': 9 }, /bandwidth\.total/],
    [{ 'jobs.background_slots': 100_000 }, /1000/],
    [{ 'http.retry_min': '2h', 'jobs.background_slots': 9 }, /retry_min/],
  ];
  for (const [set, message] of wrong) {
    const { status, json } = await daemon.call({
      method: 'PATCH',
      path: '/v1/config',
      body: { set },
    });
    assert.equal(status, 400, JSON.stringify(set));
    assert.match(json.detail, message);
    assert.equal((await settingOf(daemon, 'jobs.background_slots')).provider, 'default');
  }
});

test('settings that only a start reads are refused over the interface, with the reason', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start();
  for (const [key, value] of [
    ['daemon.tcp', '127.0.0.1:0'],
    ['agent.enabled', true],
    ['http.piece_size', '64KiB'],
  ] as const) {
    const { status, json } = await daemon.call({
      method: 'PATCH',
      path: '/v1/config',
      body: { set: { [key]: value } },
    });
    assert.equal(status, 400);
    assert.match(json.detail, new RegExp(`${key} is read when the service starts`));
  }
});

test('two changes at the same moment are both kept', async () => {
  await using place = await daemonPlace();
  const daemon = await place.start();
  await Promise.all([
    daemon.ask('PATCH', '/v1/config', { set: { 'jobs.background_slots': 11 } }),
    daemon.ask('PATCH', '/v1/config', { set: { 'jobs.foreground_slots': 12 } }),
    daemon.ask('PATCH', '/v1/limits', { total: 123_456 }),
    daemon.ask('POST', '/v1/service/reload'),
  ]);
  assert.equal((await settingOf(daemon, 'jobs.background_slots')).value, 11);
  assert.equal((await settingOf(daemon, 'jobs.foreground_slots')).value, 12);
  assert.equal((await daemon.ask('GET', '/v1/limits')).total.bytesPerSecond, 123_456);
});
