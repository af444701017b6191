import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig, type LoadedConfig } from '../../../src/app/config/load-config.ts';
import { NOBODY, provided } from './load.ts';

function loadEnv(env: Readonly<Record<string, string>>): Promise<LoadedConfig> {
  return loadConfig({ ...NOBODY, env: { ...NOBODY.env, ...env } });
}

test('truth values are read in the words people use', async () => {
  for (const [text, expected] of [
    ['true', true],
    ['YES', true],
    ['on', true],
    ['1', true],
    ['false', false],
    ['No', false],
    ['off', false],
    ['0', false],
  ] as const) {
    const { values } = await loadEnv({ HAULYARD_METRICS__ENABLED: text });
    assert.equal(values.metrics.enabled, expected, text);
  }
  await assert.rejects(loadEnv({ HAULYARD_METRICS__ENABLED: 'perhaps' }), /expected true or false/);
});

test('numbers, percentages and words are read', async () => {
  const { values } = await loadEnv({
    HAULYARD_JOBS__FOREGROUND_SLOTS: ' 3 ',
    HAULYARD_BANDWIDTH__FOREGROUND_PERCENT: '40%',
    HAULYARD_BANDWIDTH__BACKGROUND_PERCENT: '30',
    HAULYARD_PEER__MODE: 'off',
    HAULYARD_NETWORK__ONLINE: 'false',
    HAULYARD_NETWORK__BATTERY: '15',
    HAULYARD_DAEMON__TCP: '127.0.0.1:7755',
    HAULYARD_JOBS__RATE: '0',
  });
  assert.equal(values.jobs.foregroundSlots, 3);
  assert.equal(values.bandwidth.foregroundPercent, 40);
  assert.equal(values.bandwidth.backgroundPercent, 30);
  assert.equal(values.peer.mode, 0, '"off" is a mode here, not a truth value');
  assert.equal(values.network.online, false);
  assert.equal(values.network.battery, 15);
  assert.deepEqual(values.daemon.tcp, { host: '127.0.0.1', port: 7755 });
  assert.equal(values.jobs.maxBytesPerSecond, 0);
  assert.equal((await loadEnv({ HAULYARD_DAEMON__TCP: 'false' })).values.daemon.tcp, false);
});

test('lists are read with commas or as in the file', async () => {
  for (const [text, expected] of [
    ['ann, bob,', ['ann', 'bob']],
    ['["ann", "bob"]', ['ann', 'bob']],
    ["['ann']", ['ann']],
    ['[]', []],
    [',', []],
  ] as const) {
    const { values } = await loadEnv({ HAULYARD_DAEMON__ADMINISTRATORS: text });
    assert.deepEqual(values.daemon.administrators, expected, text);
  }
});

test('a command needs its words apart', async () => {
  const { values } = await loadEnv({ HAULYARD_NOTIFY__COMMAND: '["/bin/sh", "-c", "echo a, b"]' });
  assert.deepEqual(values.notify.command, ['/bin/sh', '-c', 'echo a, b']);
});

test('tables are read as in the file or as JSON', async () => {
  for (const text of [
    '{ from = "08:00", to = "18:00", inside_percent = 30 }',
    '{"from": "08:00", "to": "18:00", "inside_percent": 30}',
    '{"from": "08:00",\n "to": "18:00",\n "inside_percent": 30}',
  ]) {
    const { values } = await loadEnv({ HAULYARD_BANDWIDTH__BACKGROUND_HOURS: text });
    assert.equal(values.bandwidth.backgroundHours?.insidePercent, 30, text);
  }
  const { values } = await loadEnv({
    HAULYARD_NOTIFY__WEBHOOK: '[{ url = "https://a.example", secret_file = "/k" }]',
  });
  assert.equal(values.notify.webhooks.length, 1);
});

test('a value cannot bring a second key along', async () => {
  await assert.rejects(
    loadEnv({ HAULYARD_BANDWIDTH__BACKGROUND_HOURS: '{}\nvalue = { from = "08:00" }' }),
    /bandwidth\.background_hours/,
  );
});

test('empty variables and those without a section count as absent', async () => {
  const config = await loadEnv({
    HAULYARD_LOG__LEVEL: '',
    HAULYARD_TOKEN: 'x',
    OTHER__LOG__LEVEL: 'loud',
  });
  assert.equal(provided(config, 'log.level').provider, 'default');
});

test('an unknown variable is refused, with the one that was probably meant', async () => {
  await assert.rejects(
    loadEnv({ HAULYARD_BANDWIDTH__TOTLA: '1MB/s' }),
    /HAULYARD_BANDWIDTH__TOTLA: bandwidth\.totla: .* did you mean "bandwidth\.total"\?/,
  );
});

test('relative paths of the environment count from the working directory', async () => {
  const { values } = await loadEnv({ HAULYARD_LOG__FILE: 'logs/a.log' });
  assert.equal(values.log.file, '/srv/logs/a.log');
});
