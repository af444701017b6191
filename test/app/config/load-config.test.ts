import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { checkOverride } from '../../../src/app/config/check-override.ts';
import type { ConfigFile } from '../../../src/app/config/config-paths.ts';
import { examineConfig, loadConfig } from '../../../src/app/config/load-config.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { faultsOf, loadText, NOBODY, provided } from './load.ts';

const SECRET = 'a secret of some length';

test('each source beats the ones before it, and is named', async () => {
  await using directory = await temporaryDirectory();
  const system: ConfigFile = {
    path: directory.join('system.toml'),
    provider: 'system',
    required: false,
  };
  const user: ConfigFile = { path: directory.join('user.toml'), provider: 'user', required: false };
  await writeFile(system.path, '[jobs]\nforeground_slots = 11\n');
  await writeFile(user.path, '\n\n[jobs]\nforeground_slots = 12\n');
  const stack = [
    [{}, 8, 'default', 99, ''],
    [{ files: [system] }, 11, 'system', 5, system.path],
    [{ files: [system, user] }, 12, 'user', 8, user.path],
    [
      { env: { ...NOBODY.env, HAULYARD_JOBS__FOREGROUND_SLOTS: '13' } },
      13,
      'environment',
      7,
      'HAULYARD_JOBS__FOREGROUND_SLOTS',
    ],
    [{ overrides: { 'jobs.foreground_slots': 14 } }, 14, 'override', 9, 'the stored settings'],
    [{ flags: { 'jobs.foreground_slots': '15' } }, 15, 'flag', 9, 'the command line'],
  ] as const;
  let options = NOBODY;
  for (const [layer, value, provider, providerNumber, source] of stack) {
    options = { ...options, ...layer };
    const config = await loadConfig(options);
    assert.equal(config.values.jobs.foregroundSlots, value);
    const { line: _, ...facts } = provided(config, 'jobs.foreground_slots');
    const key = 'jobs.foreground_slots';
    assert.deepEqual(facts, { key, value, provider, providerNumber, source });
  }
});

test('a value from a file has its line', async () => {
  await using directory = await temporaryDirectory();
  const config = await loadText(directory.path, '# first\n[log]\n\nlevel = "warn"\n');
  assert.equal(provided(config, 'log.level').line, 4);
  assert.equal(provided(config, 'log.file').line, undefined);
});

test('keys are replaced one by one, not section by section', async () => {
  await using directory = await temporaryDirectory();
  const config = await loadText(
    directory.path,
    '[bandwidth]\ntotal = "2MB/s"\nforeground = "1MB/s"\n',
    { flags: { 'bandwidth.total': 'unlimited' } },
  );
  assert.equal(config.values.bandwidth.totalBytesPerSecond, undefined);
  assert.equal(config.values.bandwidth.foregroundBytesPerSecond, 1_000_000);
});

test('every problem of a file is told, with its line and a way out', async () => {
  await using directory = await temporaryDirectory();
  const faults = await faultsOf(
    directory.path,
    [
      'total = 3',
      '[bandwith]',
      'total = "2MB/s"',
      '[bandwidth]',
      'totl = "2MB/s"',
      'foreground = 2000000',
      'DOMaxBackgroundDownloadBandwidth = 500',
      'background_hours = { from = "8am", to = "18:00", inside_percent = 200 }',
      '[jobs]',
      'retry_min = "3s"',
      '[[notify.webhook]]',
      'url = "https://a.example"',
      'secret_file = "/k"',
      '[[notify.webhook]]',
      'url = "https://b.example"',
      'secret = "short"',
      'evnts = ["job.state"]',
    ].join('\n'),
  );
  assert.deepEqual(faults, [
    'FILE:1: total: a key has to stand in a section; did you mean "bandwidth.total"?',
    'FILE:2: bandwith: there is no such section; did you mean "bandwidth"?',
    'FILE:5: bandwidth.totl: there is no such key; did you mean "bandwidth.total"?',
    'FILE:7: bandwidth.DOMaxBackgroundDownloadBandwidth: there is no such key; did you mean "bandwidth.background"?',
    'FILE:10: jobs.retry_min: there is no such key; did you mean "http.retry_min"?',
    'FILE:6: bandwidth.foreground = 2000000: a number needs its unit here: expected a rate with its unit, such as "2MB/s" or "16Mbit"',
    'FILE:8: bandwidth.background_hours.from = "8am": expected a time of day, such as "08:00"',
    'FILE:8: bandwidth.background_hours.inside_percent = 200: expected a percentage, a whole number from 0 to 100',
    'FILE:16: notify.webhook[1].secret = "***": expected a secret, 16 to 512 characters',
    'FILE:14: notify.webhook[1] = {"url":"https://b.example","secret":"***","evnts":["job.state"]}: there is no "evnts" here; did you mean "events"?',
  ]);
});

test('what is no section is told', async () => {
  await using directory = await temporaryDirectory();
  assert.deepEqual(await faultsOf(directory.path, 'jobs = 3\n[[log]]\nlevel = "info"\n'), [
    'FILE:1: jobs: expected a section, [jobs]',
    'FILE:2: log: expected a section, [log]',
  ]);
});

test('values that a stronger source covers are checked all the same', async () => {
  await using directory = await temporaryDirectory();
  await assert.rejects(
    loadText(directory.path, '[log]\nlevel = "loud"\n', { flags: { 'log.level': 'info' } }),
    /config\.toml:2: log\.level = "loud": expected one of "trace"/,
  );
});

test('several problems of several sources make one error', async () => {
  await assert.rejects(
    loadConfig({
      ...NOBODY,
      env: { ...NOBODY.env, HAULYARD_LOG__LEVEL: 'loud', HAULYARD_LGO__LEVEL: 'info' },
      flags: { 'jobs.foreground_slots': 'many' },
    }),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'E_INVALIDARG');
      assert.match(error.message, /has 3 faults:\n {2}/);
      assert.match(error.message, /HAULYARD_LOG__LEVEL: log\.level = "loud"/);
      assert.match(error.message, /HAULYARD_LGO__LEVEL: lgo\.level: there is no section "lgo"/);
      assert.match(error.message, /did you mean "log"\?/);
      assert.match(error.message, /the command line: jobs\.foreground_slots = "many"/);
      return true;
    },
  );
});

test('TOML that is none is told with its line, without repeating the file', async () => {
  await using directory = await temporaryDirectory();
  const faults = await faultsOf(directory.path, `[notify]\n# ${SECRET}\nwebhook = [\n`);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /^FILE:\d+: Invalid TOML/);
  assert.doesNotMatch(faults[0] ?? '', /secret/);
});

test('bytes that are no text, and files without end, are refused', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('config.toml');
  const files: readonly ConfigFile[] = [{ path, provider: 'user', required: true }];
  await writeFile(path, Uint8Array.of(0x5b, 0xff, 0x5d));
  await assert.rejects(loadConfig({ ...NOBODY, files }), /not UTF-8 text/);
  await writeFile(path, '#'.repeat(1_048_577));
  await assert.rejects(loadConfig({ ...NOBODY, files }), /longer than 1048576 bytes/);
  const zero: ConfigFile = { path: '/dev/zero', provider: 'user', required: true };
  if (process.platform === 'linux') {
    await assert.rejects(loadConfig({ ...NOBODY, files: [zero] }), /longer than 1048576 bytes/);
  }
});

test('keys that would change the prototype of everything are refused', async () => {
  await using directory = await temporaryDirectory();
  const [fault] = await faultsOf(directory.path, '[__proto__]\npolluted = true\n');
  assert.ok(fault);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  const [other] = await faultsOf(directory.path, '[log]\nconstructor = 1\n');
  assert.match(other ?? '', /unsafe property/);
});

test('a file that is not there counts only when somebody named it', async () => {
  const path = '/no/such/config.toml';
  const config = await loadConfig({
    ...NOBODY,
    files: [{ path, provider: 'user', required: false }],
  });
  assert.deepEqual(config.files, []);
  await assert.rejects(
    loadConfig({ ...NOBODY, files: [{ path, provider: 'user', required: true }] }),
    /config\.toml: the file cannot be read: ENOENT/,
  );
});

test("the machine's file may be closed to ordinary users, who are told; never to root", async (t) => {
  if (process.platform === 'win32') return t.skip('no modes');
  await using directory = await temporaryDirectory();
  const path = directory.join('config.toml');
  await writeFile(path, '');
  await chmod(path, 0);
  await chmod(directory.path, 0o755);
  const files: readonly ConfigFile[] = [{ path, provider: 'system', required: false }];
  // Root may read everything: what an ordinary user meets is met as one.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    const { warnings } = await loadConfig({ ...NOBODY, files });
    assert.match(warnings.join(''), /EACCES/);
    await assert.rejects(loadConfig({ ...NOBODY, uid: 0, files }), /EACCES/);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test('a stored setting that is not valid any more is left out with a warning', async () => {
  const { values, warnings } = await loadConfig({
    ...NOBODY,
    overrides: { 'log.level': 'loud', 'log.gone': 1, 'jobs.foreground_slots': 3 },
  });
  assert.equal(values.log.level, 'info');
  assert.equal(values.jobs.foregroundSlots, 3);
  assert.equal(warnings.length, 2);
  assert.match(warnings.join('\n'), /Left out: the stored settings: log\.level = "loud"/);
});

test('waits that contradict each other are told where the first one stands', async () => {
  await using directory = await temporaryDirectory();
  assert.deepEqual(await faultsOf(directory.path, '[http]\nretry_min = "20m"\n'), [
    'FILE:2: http.retry_min = "20m": it must not be longer than http.retry_max',
  ]);
  assert.deepEqual(await faultsOf(directory.path, '[notify]\nretry_max = "5s"\n'), [
    'the defaults: notify.retry_min = "1m": it must not be longer than notify.retry_max',
  ]);
  const [only, ...others] = await faultsOf(
    directory.path,
    '[http]\nretry_min = 500\nretry_max = "1s"\n',
  );
  assert.match(only ?? '', /needs its unit/);
  assert.deepEqual(others, [], 'nothing follows from a value that is wrong itself');
});

test('a socket whose path is too long for the system is refused', async () => {
  const flags = { 'daemon.socket': `/${'s'.repeat(105)}` };
  assert.ok(await loadConfig({ ...NOBODY, flags }));
  const { problems } = await examineConfig({ ...NOBODY, platform: 'darwin', flags });
  assert.match(problems[0]?.message ?? '', /at most 103 bytes/);
});

test('secrets are shown nowhere', async () => {
  await using directory = await temporaryDirectory();
  const text =
    `[notify]\nwebhook = [{ url = "https://a.example/?key=${SECRET.replaceAll(' ', '+')}", secret = "${SECRET}" }]\n` +
    `handlers = { url = { url = "https://b.example", secret = "${SECRET}" } }\n`;
  const config = await loadText(directory.path, text);
  assert.equal(config.values.notify.webhooks[0]?.secret.kind, 'inline');
  assert.doesNotMatch(JSON.stringify(config.provenance), /secret of|secret\+of/);
  assert.match(JSON.stringify(provided(config, 'notify.handlers')), /\*\*\*/);
  const bad = text.replace('https://b', 'ftp://b');
  const faults = (await faultsOf(directory.path, bad)).join('\n');
  assert.match(faults, /notify\.handlers\.url\.url/);
  assert.doesNotMatch(faults, /secret of|secret\+of/);
  await assert.rejects(
    loadConfig({ ...NOBODY, env: { ...NOBODY.env, HAULYARD_NOTIFY__WEBHOOK: `[{ ${SECRET}` } }),
    (error: Error) => !error.message.includes(SECRET) && error.message.includes('***'),
  );
});

test('a secret in a file that others can read gives a warning', async (t) => {
  if (process.platform === 'win32') return t.skip('no modes');
  await using directory = await temporaryDirectory();
  const text = `[[notify.webhook]]\nurl = "https://a.example"\nsecret = "${SECRET}"\n`;
  assert.deepEqual((await loadText(directory.path, text)).warnings, []);
  await chmod(directory.join('config.toml'), 0o644);
  const { warnings } = await loadText(directory.path, text);
  assert.match(warnings.join(''), /can be read by other users/);
  const without = await loadText(directory.path, '[log]\nlevel = "info"\n');
  assert.deepEqual(without.warnings, []);
});

test('every key is in the list of values in force, in a form that JSON holds', async () => {
  const { provenance } = await loadConfig(NOBODY);
  const copy = JSON.parse(JSON.stringify(provenance)) as unknown;
  assert.deepEqual(copy, provenance);
  assert.equal(provided({ provenance } as never, 'cache.max_age').value, '3d');
  assert.equal(provided({ provenance } as never, 'jobs.rate').value, null);
});

test('paths nobody set come from the environment, and say so', async () => {
  const config = await loadConfig(NOBODY);
  assert.equal(config.values.daemon.dataDir, '/data');
  assert.equal(provided(config, 'daemon.data_dir').source, 'HAULYARD_DATA_DIR');
  assert.equal(provided(config, 'daemon.data_dir').provider, 'environment');
  assert.equal(config.values.daemon.socket, '/run/user/1000/haulyard/haulyard.sock');
  assert.equal(provided(config, 'daemon.socket').source, 'XDG_RUNTIME_DIR');
  assert.equal(config.values.agent.runDir, '/run/user/1000/haulyard/agent');
  assert.equal(config.values.agent.configDir, '/data/agent/config');
  const elsewhere = await loadConfig({ ...NOBODY, flags: { 'daemon.data_dir': '/other' } });
  assert.equal(elsewhere.values.agent.logDir, '/other/agent/log');
  const named = await loadConfig({ ...NOBODY, env: { ...NOBODY.env, HAULYARD_SOCKET: '/s' } });
  assert.equal(named.values.daemon.socket, '/s');
  assert.equal(provided(named, 'daemon.socket').source, 'HAULYARD_SOCKET');
});

test("root's agent has the folders of the Linux agent", async () => {
  const { agent } = (await loadConfig({ ...NOBODY, uid: 0 })).values;
  assert.deepEqual(agent, {
    enabled: false,
    runDir: '/var/run/deliveryoptimization-agent',
    configDir: '/etc/deliveryoptimization-agent',
    logDir: '/var/log/deliveryoptimization-agent',
  });
});

test('one key and its text are checked as on a command line', () => {
  assert.deepEqual(checkOverride('bandwidth.total', '2MB/s'), {
    key: 'bandwidth.total',
    value: '2MB/s',
  });
  assert.deepEqual(checkOverride('network.pause_on_vpn', 'yes'), {
    key: 'network.pause_on_vpn',
    value: true,
  });
  assert.deepEqual(checkOverride('cache.hosts', 'a, b:8080'), {
    key: 'cache.hosts',
    value: ['a', 'b:8080'],
  });
  assert.throws(
    () => checkOverride('bandwidth.totla', '2MB/s'),
    /did you mean "bandwidth\.total"\?/,
  );
  assert.throws(() => checkOverride('bandwidth.total', '2000'), /needs its unit/);
  assert.throws(() => checkOverride('log.file', 'relative'), /absolute path/);
});
