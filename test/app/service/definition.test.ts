import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { installService, uninstallService } from '../../../src/app/service/carry-out.ts';
import { serviceDefinition } from '../../../src/app/service/definition.ts';
import type { ServicePlan, ServiceSettings } from '../../../src/app/service/service-plan.ts';
import { systemdWord } from '../../../src/app/service/systemd-text.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const run = promisify(execFile);

const settings: ServiceSettings = {
  platform: 'linux',
  scope: 'system',
  node: process.execPath,
  program: '/opt/hauly ard/100%/bin/haulyard.js',
  home: '/home/alice',
  uid: 1000,
};

function unitOf(plan: ServicePlan, ending: string): string {
  const file = plan.files.find(({ path }) => path.endsWith(ending));
  assert.ok(file, ending);
  return file.text;
}

test('a word of a unit keeps blanks, percent signs, dollars, quotes and backslashes', () => {
  assert.equal(systemdWord('/usr/bin/node'), '/usr/bin/node');
  assert.equal(systemdWord('/a b'), '"/a b"');
  assert.equal(systemdWord('100%'), '100%%');
  assert.equal(systemdWord('$HOME'), '"$$HOME"');
  assert.equal(systemdWord('a"\\'), '"a\\"\\\\"');
  assert.equal(systemdWord(''), '""');
  assert.throws(() => systemdWord('a\nExecStartPre=/bin/evil'), /control character/);
});

test('the unit starts the program by absolute paths, tells readiness, and reloads by SIGHUP', () => {
  const unit = unitOf(serviceDefinition(settings), '/system/haulyard.service');
  assert.match(unit, /^Type=notify$/m);
  assert.match(unit, /^NotifyAccess=all$/m);
  assert.match(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  assert.match(unit, /^ExecStart=\/\S+ "\/opt\/hauly ard\/100%%\/bin\/haulyard\.js" daemon run$/m);
  for (const name of ['Runtime', 'State', 'Configuration', 'Logs']) {
    assert.match(unit, new RegExp(`^${name}Directory=haulyard$`, 'm'));
  }
  assert.doesNotMatch(unit, /^MemoryDenyWriteExecute=yes/m);
});

test('the socket is its owner’s alone, and lies where clients look for it', () => {
  const system = unitOf(serviceDefinition(settings), '/system/haulyard.socket');
  assert.match(system, /^ListenStream=%t\/haulyard\/haulyard\.sock$/m);
  assert.match(system, /^SocketMode=0600$/m);
  assert.match(system, /^SocketUser=haulyard$/m);
  const user = serviceDefinition({ ...settings, scope: 'user' });
  assert.ok(user.files.every(({ path }) => path.startsWith('/home/alice/.config/systemd/user/')));
  assert.doesNotMatch(unitOf(user, 'haulyard.socket'), /SocketUser/);
  assert.doesNotMatch(unitOf(user, 'haulyard.service'), /^(User|CapabilityBoundingSet)=/m);
});

test('directories that downloads go into can be named, whatever their name', () => {
  const writable = ['/srv/down loads', '/srv/a%b'];
  const unit = unitOf(serviceDefinition({ ...settings, writable }), 'haulyard.service');
  assert.match(unit, /^ReadWritePaths="\/srv\/down loads"$/m);
  assert.match(unit, /^ReadWritePaths=\/srv\/a%%b$/m);
});

test('a program in a home directory stays visible, and its owner hears that it may not be enough', () => {
  const plan = serviceDefinition({ ...settings, node: '/home/alice/.nvm/node' });
  assert.match(unitOf(plan, 'haulyard.service'), /^ProtectHome=read-only$/m);
  assert.ok(plan.notes.some((note) => note.includes('home directory')));
  assert.match(
    unitOf(serviceDefinition({ ...settings, node: '/usr/bin/node' }), 'haulyard.service'),
    /^ProtectHome=yes$/m,
  );
});

/** Whether this machine has systemd's own judge of units. */
async function systemdAnalyze(
  runtime: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run('systemd-analyze', args, {
      // Without a session there is no directory for its sockets, and the judge asks for one.
      env: { ...process.env, XDG_RUNTIME_DIR: runtime },
    });
    return stdout + stderr;
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') return undefined;
    throw new Error(`${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

for (const scope of ['system', 'user'] as const) {
  test(`systemd finds nothing wrong with the ${scope} units`, async (t) => {
    await using directory = await temporaryDirectory();
    // The judge wants to see the program; its own files are judged by name.
    const program = directory.join('hauly ard/100%/haulyard.js');
    await mkdir(dirname(program), { recursive: true });
    await writeFile(program, '');
    const plan = serviceDefinition({ ...settings, scope, program });
    const units: string[] = [];
    for (const { path, text } of plan.files) {
      if (!/\.(service|socket)$/.test(path)) continue;
      const unit = directory.join(path.split('/').at(-1) ?? '');
      await writeFile(unit, text);
      units.push(unit);
    }
    const man = await systemdAnalyze(directory.path, 'verify', '--man=no', `--${scope}`, ...units);
    if (man === undefined) return t.skip('no systemd-analyze here');
    assert.equal(man.trim(), '');
    if (scope === 'user') return;
    const service = units.find((unit) => unit.endsWith('.service')) ?? '';
    const report =
      (await systemdAnalyze(directory.path, 'security', '--offline=yes', '--no-pager', service)) ??
      '';
    const [, score] = /Overall exposure level[^:]*: ([\d.]+)/.exec(report) ?? [];
    assert.ok(Number(score) <= 2, `an exposure of ${score}\n${report}`);
  });
}

test('the property list is XML with every word of the command escaped', () => {
  const plan = serviceDefinition({
    ...settings,
    platform: 'darwin',
    scope: 'user',
    program: '/a & <b>/h.js',
  });
  const [file] = plan.files;
  assert.equal(file?.path, '/home/alice/Library/LaunchAgents/haulyard.daemon.plist');
  assert.match(file.text, /<string>\/a &amp; &lt;b&gt;\/h\.js<\/string>/);
  assertBalanced(file.text);
  assert.deepEqual(plan.install[1]?.argv, ['launchctl', 'bootstrap', 'gui/1000', file.path]);
  const system = serviceDefinition({ ...settings, platform: 'darwin' });
  assert.equal(system.files[0]?.path, '/Library/LaunchDaemons/haulyard.daemon.plist');
});

test('Windows has a service description for the machine and a task for a user', () => {
  const windows = {
    ...settings,
    platform: 'win32',
    node: 'C:\\Program Files\\nodejs\\node.exe',
    program: 'C:\\Program Files\\haulyard\\bin\\haulyard.js',
    home: 'C:\\Users\\alice',
  } as const;
  const [service] = serviceDefinition(windows).files;
  assert.match(
    service?.text ?? '',
    /<executable>C:\\Program Files\\nodejs\\node\.exe<\/executable>/,
  );
  assert.match(
    service?.text ?? '',
    /<arguments>&quot;C:\\Program Files\\haulyard\\bin\\haulyard\.js&quot; daemon run<\/arguments>/,
  );
  assertBalanced(service?.text ?? '');
  const [task] = serviceDefinition({ ...windows, scope: 'user' }).files;
  assert.equal(task?.encoding, 'utf16le');
  assert.match(task.text, /^\ufeff<\?xml version="1\.0" encoding="UTF-16"\?>/);
  assertBalanced(task.text);
  assert.throws(
    () => serviceDefinition({ ...windows, program: 'C:\\%TEMP%\\haulyard.js' }),
    /taken for a variable/,
  );
});

/** Every element that is opened is closed, in order. */
function assertBalanced(xml: string): void {
  const open: string[] = [];
  for (const [tag, closing, name, selfClosing] of xml.matchAll(
    /<(\/?)([A-Za-z]\w*)[^<>]*?(\/?)>/g,
  )) {
    if (selfClosing === '/') continue;
    if (closing === '/') assert.equal(open.pop(), name, tag);
    else open.push(name ?? '');
  }
  assert.deepEqual(open, []);
}

test('install writes the files before it runs the commands, and a failure tells what was said', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('deep/unit.service');
  const plan: ServicePlan = {
    files: [{ path, text: 'text\n', encoding: 'utf8' }],
    install: [
      { argv: ['first'], required: false },
      { argv: ['second', 'x y'], required: true },
    ],
    uninstall: [{ argv: ['stop'], required: false }],
    afterUninstall: [{ argv: ['reload'], required: true }],
    notes: [],
  };
  const told: string[] = [];
  const failing = installService(
    plan,
    (line) => told.push(line),
    async () => ({ exitCode: 1, output: 'no such luck\n' }),
  );
  await assert.rejects(failing, /"second x y" ended with 1: no such luck/);
  assert.equal(await readFile(path, 'utf8'), 'text\n');
  assert.equal(told[0], `writing ${path}`);
  const ran: string[] = [];
  await uninstallService(
    plan,
    () => {},
    async (argv) => {
      ran.push(`${argv.join(' ')}: ${(await readdir(dirname(path))).length} files`);
      return { exitCode: 0, output: '' };
    },
  );
  assert.deepEqual(ran, ['stop: 1 files', 'reload: 0 files']);
});

test('a command that the machine does not have is named', async () => {
  const plan: ServicePlan = {
    files: [],
    install: [{ argv: ['haulyard-no-such-command'], required: true }],
    uninstall: [],
    afterUninstall: [],
    notes: [],
  };
  await assert.rejects(
    installService(plan, () => {}),
    /no command "haulyard-no-such-command"/,
  );
});
