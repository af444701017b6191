import assert from 'node:assert/strict';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { test } from 'node:test';
import { configPaths } from '../../../src/app/config/config-paths.ts';
import {
  clientSocketCandidates,
  ensureRuntimeDirectory,
  runtimePaths,
} from '../../../src/app/config/runtime-paths.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const LINUX = { platform: 'linux', uid: 1000 } as const;
const ROOT = { platform: 'linux', uid: 0 } as const;
const ME = { platform: 'linux', uid: process.getuid?.() } as const;

test('the socket is where the unit, the session, root or the temporary directory has room', () => {
  const cases = [
    [{ RUNTIME_DIRECTORY: '/run/a:/run/b', XDG_RUNTIME_DIR: '/x' }, LINUX, '/run/a/haulyard.sock'],
    [{ XDG_RUNTIME_DIR: '/run/user/0' }, ROOT, '/run/user/0/haulyard/haulyard.sock'],
    [{ XDG_RUNTIME_DIR: 'relative' }, ROOT, '/run/haulyard/haulyard.sock'],
    [{}, ROOT, '/run/haulyard/haulyard.sock'],
    [{}, LINUX, '/tmp/haulyard-1000/haulyard.sock'],
    [{ TMPDIR: '/var/folders/x/' }, LINUX, '/var/folders/x/haulyard-1000/haulyard.sock'],
  ] as const;
  for (const [env, host, socket] of cases) assert.equal(runtimePaths(env, host).socket, socket);
});

test('on Windows the service has a pipe named for its user', () => {
  const host = { platform: 'win32', uid: undefined } as const;
  assert.equal(runtimePaths({ USERNAME: 'ann' }, host).socket, '\\\\.\\pipe\\haulyard-ann');
  const { socket, directory } = runtimePaths({}, { ...host, user: String.raw`DOM\ann` });
  assert.equal(socket, '\\\\.\\pipe\\haulyard-DOM_ann');
  assert.equal(directory, undefined);
  assert.deepEqual(clientSocketCandidates({}, 'ann', host), ['\\\\.\\pipe\\haulyard-ann']);
});

test('a client looks at the sockets of its user first', () => {
  assert.deepEqual(clientSocketCandidates({ XDG_RUNTIME_DIR: '/run/user/1000' }, 'ann', LINUX), [
    '/run/user/1000/haulyard/haulyard.sock',
    '/run/haulyard/ann.sock',
    '/run/haulyard/haulyard.sock',
  ]);
  assert.deepEqual(clientSocketCandidates({}, 'root', ROOT), [
    '/run/haulyard/haulyard.sock',
    '/run/haulyard/root.sock',
  ]);
});

test('a socket that is named is the only one', () => {
  const env = { HAULYARD_SOCKET: '/s', XDG_RUNTIME_DIR: '/run/user/1000' };
  assert.deepEqual(clientSocketCandidates(env, 'ann', LINUX), ['/s']);
});

test('the name of a user never leads out of the directory', () => {
  const env = { XDG_RUNTIME_DIR: '/run/user/1000' };
  for (const user of ['../evil', 'a/b', '..', '', 'haulyard']) {
    assert.deepEqual(clientSocketCandidates(env, user, LINUX), [
      '/run/user/1000/haulyard/haulyard.sock',
      '/run/haulyard/haulyard.sock',
    ]);
  }
});

test('among the temporary files only a directory of this user alone is trusted', async (t) => {
  if (process.platform === 'win32') return t.skip('no such directory');
  await using directory = await temporaryDirectory();
  const env = { TMPDIR: directory.path };
  const own = runtimePaths(env, { ...ME, uid: ME.uid ?? 0 });
  if (ME.uid === 0) {
    // Root's place is /run/haulyard; the rule is shown with the directory named for it.
    assert.equal(own.shared, false);
  }
  const paths = {
    ...own,
    shared: true,
    directory: directory.join('mine'),
    socket: directory.join('mine', 'haulyard.sock'),
  };
  ensureRuntimeDirectory(paths, ME);
  ensureRuntimeDirectory(paths, ME);
  await chmod(paths.directory, 0o755);
  assert.throws(() => ensureRuntimeDirectory(paths, ME), { code: 'E_ACCESSDENIED' });
  await chmod(paths.directory, 0o700);
  const stranger = { ...ME, uid: (ME.uid ?? 0) + 1 };
  assert.throws(() => ensureRuntimeDirectory(paths, stranger), { code: 'E_ACCESSDENIED' });
  await symlink(paths.directory, directory.join('link'));
  const linked = { ...paths, directory: directory.join('link') };
  assert.throws(() => ensureRuntimeDirectory(linked, ME), { code: 'E_ACCESSDENIED' });
});

test('a client does not look among the temporary files unless the directory is its own', async (t) => {
  if (process.platform === 'win32') return t.skip('no such directory');
  await using directory = await temporaryDirectory();
  const env = { TMPDIR: directory.path };
  const system = ['/run/haulyard/ann.sock', '/run/haulyard/haulyard.sock'];
  assert.deepEqual(clientSocketCandidates(env, 'ann', LINUX), system, 'it is not there');
  await mkdir(directory.join('haulyard-1000'), { mode: 0o700 });
  const uid = process.getuid?.();
  const candidates = clientSocketCandidates(env, 'ann', LINUX);
  const own = directory.join('haulyard-1000', 'haulyard.sock');
  assert.deepEqual(candidates, uid === 1000 ? [own, ...system] : system);
  if (uid === undefined || uid === 0) return;
  await mkdir(directory.join(`haulyard-${uid}`), { mode: 0o700 });
  const [first] = clientSocketCandidates(env, 'ann', { platform: 'linux', uid });
  assert.equal(first, directory.join(`haulyard-${uid}`, 'haulyard.sock'));
});

test('the files are those of the machine and of the user', async () => {
  const cases = [
    [{ HOME: '/home/ann' }, undefined, LINUX, ['/home/ann/.config/haulyard/config.toml']],
    [
      { HOME: '/home/ann', XDG_CONFIG_HOME: '/cfg' },
      undefined,
      LINUX,
      ['/cfg/haulyard/config.toml'],
    ],
    [
      { XDG_CONFIG_HOME: '/cfg', CONFIGURATION_DIRECTORY: '/unit:/b' },
      undefined,
      LINUX,
      ['/unit/config.toml'],
    ],
    [
      { CONFIGURATION_DIRECTORY: '/unit', HAULYARD_CONFIG: '/c.toml' },
      undefined,
      LINUX,
      ['/c.toml'],
    ],
    [{ HAULYARD_CONFIG: '/c.toml' }, '/named.toml', LINUX, ['/named.toml']],
    [{ HOME: '/root' }, undefined, ROOT, []],
    [{ HOME: '/root' }, '/named.toml', ROOT, ['/named.toml']],
  ] as const;
  for (const [env, named, host, users] of cases) {
    const files = await configPaths(env, named, host);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['/etc/haulyard/config.toml', ...users],
    );
    const isNamed = named !== undefined || 'HAULYARD_CONFIG' in env;
    assert.deepEqual(
      files.map(({ required }) => required),
      [false, ...users.map(() => isNamed)],
    );
  }
});

test('a unit of the machine reads its file once', async () => {
  const env = { CONFIGURATION_DIRECTORY: '/etc/haulyard' };
  assert.deepEqual(await configPaths(env, undefined, ROOT), [
    { path: '/etc/haulyard/config.toml', provider: 'system', required: false },
  ]);
});

test('looking for the socket loads neither the schema nor the parser', async () => {
  const { execFileSync } = await import('node:child_process');
  const script = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context); } });
    await import(${JSON.stringify(new URL('../../../src/app/config/runtime-paths.ts', import.meta.url).href)});
    console.log(seen.filter((name) => /^[a-z@]/.test(name) && !/^(node|file):/.test(name)).join());
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(output.trim(), '');
});
