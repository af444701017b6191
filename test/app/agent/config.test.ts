import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import { AgentLog } from '../../../src/app/agent/agent-log.ts';
import { AgentConfig } from '../../../src/app/agent/config-files.ts';
import {
  parseConfig,
  settingsFrom,
  type AgentSettings,
} from '../../../src/app/agent/config-values.ts';
import { MAX_CONFIG_BYTES } from '../../../src/app/agent/limits.ts';
import { writePortFile } from '../../../src/app/agent/port-file.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { temporaryDirectory, until } from '../../support/temporary.ts';
import { openAgentWorld } from './agent-world.ts';

const DEFAULTS: AgentSettings = {
  cacheHosts: [],
  fallbackDelayForegroundSeconds: undefined,
  fallbackDelayBackgroundSeconds: undefined,
  validateRemoteAddr: true,
};

function settings(admin: object, sdk: object = {}, warnings: string[] = []): AgentSettings {
  return settingsFrom(admin as Record<string, unknown>, sdk as Record<string, unknown>, (message) =>
    warnings.push(message),
  );
}

test('without keys the defaults hold', () => {
  assert.deepEqual(settings({}), DEFAULTS);
});

test('numbers and booleans may be strings', () => {
  for (const [delay, validate] of [
    [30, false],
    ['30', 'false'],
    [' 30 ', 'FALSE'],
    ['30', '0'],
    [30, 0],
  ]) {
    const found = settings({
      DODelayCacheServerFallbackForeground: delay,
      DODelayCacheServerFallbackBackground: '-1',
      RestControllerValidateRemoteAddr: validate,
    });
    assert.deepEqual(found, {
      cacheHosts: [],
      fallbackDelayForegroundSeconds: 30,
      fallbackDelayBackgroundSeconds: -1,
      validateRemoteAddr: false,
    });
  }
});

test('values that mean nothing are ignored and told of', () => {
  const warnings: string[] = [];
  const found = settings(
    {
      DOCacheHost: 5,
      DODelayCacheServerFallbackForeground: 'soon',
      DODelayCacheServerFallbackBackground: -2,
      RestControllerValidateRemoteAddr: 'perhaps',
    },
    {},
    warnings,
  );
  assert.deepEqual(found, DEFAULTS);
  assert.equal(warnings.length, 4);
});

test('the gateway of the connection string is a cache host, and its key stays untold', () => {
  const warnings: string[] = [];
  const sdk = {
    ADUC_IoTConnectionString:
      'HostName=hub.example;DeviceId=d;SharedAccessKey=c2VjcmV0;GatewayHostName=10.0.0.5:8080',
  };
  assert.deepEqual(settings({}, sdk, warnings).cacheHosts, ['10.0.0.5:8080']);
  const bad = { ADUC_IoTConnectionString: 'SharedAccessKey=c2VjcmV0;GatewayHostName=a/b' };
  assert.deepEqual(settings({}, bad, warnings).cacheHosts, []);
  assert.deepEqual(settings({}, { ADUC_IoTConnectionString: 'HostName=hub' }).cacheHosts, []);
  assert.equal(warnings.length, 1);
  assert.ok(!warnings.join().includes('c2VjcmV0'));
});

test('the administrator wins, and an empty string of theirs means no cache host', () => {
  const sdk = { ADUC_IoTConnectionString: 'GatewayHostName=gateway' };
  assert.deepEqual(settings({ DOCacheHost: 'cache.example' }, sdk).cacheHosts, ['cache.example']);
  assert.deepEqual(settings({ DOCacheHost: '' }, sdk).cacheHosts, []);
  assert.deepEqual(settings({ DOCacheHost: 'a, b:81 ,a,[::1]:82' }, sdk).cacheHosts, [
    'a',
    'b:81',
    '[::1]:82',
  ]);
});

test('only hosts are taken as cache hosts', () => {
  for (const host of ['http://a', 'a/b', 'a b', 'user@a', 'a:b', 'a?b', '-', 'a:99999', '[::1']) {
    const warnings: string[] = [];
    assert.deepEqual(settings({ DOCacheHost: host }, {}, warnings).cacheHosts, [], host);
    assert.equal(warnings.length, 1, host);
  }
});

test('text that is not a JSON object is unparsable', () => {
  for (const text of ['', 'x', '[]', 'null', '5', '"a"', '{', '{"a":1}}']) {
    assert.equal(parseConfig(text), undefined, text);
  }
  assert.deepEqual(parseConfig('\uFEFF{"a":1}'), { a: 1 });
});

test('the files are read again every minute and when told, as they come, change and go', async () => {
  await using directory = await temporaryDirectory();
  const clock = new ManualClock();
  const warnings: string[] = [];
  const changes: AgentSettings[] = [];
  const folder = directory.join('etc', 'agent');
  const admin = `${folder}/admin-config.json`;
  const sdk = `${folder}/sdk-config.json`;
  using config = await AgentConfig.open({
    directory: folder,
    clock,
    warn: (message) => warnings.push(message),
    onChange: (each) => changes.push(each),
  });
  assert.equal(await readFile(admin, 'utf8'), '{}\n');
  assert.deepEqual(await readdir(folder), ['admin-config.json']);
  assert.deepEqual(changes, [DEFAULTS]);

  await writeFile(sdk, '{"ADUC_IoTConnectionString":"GatewayHostName=gateway"}');
  assert.deepEqual(config.settings, DEFAULTS);
  await clock.advance(60_000);
  await until(() => config.settings.cacheHosts[0] === 'gateway', { what: 'the second reading' });

  await writeFile(admin, '{"DOCacheHost":"ours"}');
  assert.deepEqual((await config.reload()).cacheHosts, ['ours']);
  await config.reload();
  assert.equal(changes.length, 3);

  await writeFile(admin, '{"DOCacheHost":');
  assert.deepEqual((await config.reload()).cacheHosts, ['ours']);
  await config.reload();
  assert.equal(warnings.length, 1, 'one warning however often it is read');
  await writeFile(admin, ' '.repeat(MAX_CONFIG_BYTES + 1));
  assert.deepEqual((await config.reload()).cacheHosts, ['ours']);
  assert.match(warnings[1] ?? '', /longer than 65536 bytes/);

  await rm(admin);
  assert.deepEqual((await config.reload()).cacheHosts, ['gateway']);
  await rm(sdk);
  assert.deepEqual((await config.reload()).cacheHosts, []);
  config[Symbol.dispose]();
  assert.equal(clock.pendingTimers, 0);
});

test('the file of the administrator is left as it is', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.join('admin-config.json'), '{ "DOCacheHost": "kept" }');
  using config = await AgentConfig.open({
    directory: directory.path,
    clock: new ManualClock(),
    warn: (message) => assert.fail(message),
  });
  assert.deepEqual(config.settings.cacheHosts, ['kept']);
  assert.match(await readFile(directory.join('admin-config.json'), 'utf8'), /"kept"/);
});

test('a folder that cannot be made leaves the defaults in force, with a warning', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.join('file'), '');
  const warnings: string[] = [];
  using config = await AgentConfig.open({
    directory: directory.join('file', 'etc'),
    clock: new ManualClock(),
    warn: (message) => warnings.push(message),
  });
  assert.deepEqual(config.settings, DEFAULTS);
  assert.match(warnings[0] ?? '', /could not be made.*ENOTDIR.*defaults are in force/);
});

test('the port file is there while the listener is, for everybody to read', async () => {
  await using world = await openAgentWorld();
  const name = `restport.${process.pid}`;
  const path = world.directory.join('run', name);
  assert.equal(await readFile(path, 'utf8'), `${world.agent.port}\n`);
  assert.equal((await stat(path)).mode & 0o777, 0o444);
  assert.deepEqual(await readdir(world.directory.join('run')), [name]);
  await world.agent[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(world.directory.join('run')), []);
});

test('port files of earlier processes go first, other files stay', async () => {
  await using directory = await temporaryDirectory();
  const names = ['restport.1', 'old.restport', 'restport', 'other.txt'];
  for (const name of names) await writeFile(directory.join(name), '1\n');
  await mkdir(directory.join('restport.dir'));
  await utimes(directory.join('restport.1'), 4_000_000_000, 4_000_000_000);
  await using file = await writePortFile(directory.path, 50_123, 77);
  assert.ok(file);
  assert.deepEqual((await readdir(directory.path)).sort(), ['other.txt', 'restport.77']);
});

test('a port file that cannot be written is an error that names the folder', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.join('file'), '');
  const writing = writePortFile(directory.join('file'), 50_000);
  await assert.rejects(writing, /Could not write the port file in .*file/);
});

test('the log has what happened, and keeps to two files', async () => {
  await using directory = await temporaryDirectory();
  const log = new AgentLog(directory.path, new ManualClock(), (message) => assert.fail(message));
  log.write('a line\r\nthat would be two');
  await log[Symbol.asyncDispose]();
  const path = directory.join('haulyard-agent.log');
  assert.equal(await readFile(path, 'utf8'), '1970-01-01T00:00:00.000Z a line that would be two\n');
  for (let round = 0; round < 5; round += 1) {
    for (let line = 0; line < 200; line += 1) log.write('x'.repeat(2_000));
    await log[Symbol.asyncDispose]();
  }
  assert.deepEqual((await readdir(directory.path)).sort(), [
    'haulyard-agent.log',
    'haulyard-agent.log.1',
  ]);
  assert.ok((await stat(path)).size <= 1_048_576);
});

test('the settings in force decide on peers from the next request on', async () => {
  await using world = await openAgentWorld();
  assert.equal(world.agent.settings.validateRemoteAddr, true);
  await writeFile(
    world.directory.join('etc', 'admin-config.json'),
    '{"RestControllerValidateRemoteAddr":"false"}',
  );
  await world.agent.reload();
  assert.equal(world.agent.settings.validateRemoteAddr, false);
  const log = await until(
    async () => {
      const text = await readFile(world.directory.join('log', 'haulyard-agent.log'), 'utf8');
      return text.includes('"validateRemoteAddr":false') ? text : undefined;
    },
    { what: 'the log' },
  );
  assert.match(log ?? '', /listening on port \d+\n/);
});
