import assert from 'node:assert/strict';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';

import type { AgentDownloads } from '../../../src/app/agent/agent-downloads.ts';
import { openIdoDownloads } from '../../../src/app/agent/ido-downloads.ts';
import { DODownloadProperty, DODownloadState } from '../../../src/core/constants.ts';
import { DeliveryOptimizationError } from '../../../src/core/errors.ts';
import { MemoryDownloads, type MemoryDownload } from '../../support/memory-downloads.ts';
import { temporaryDirectory, type TemporaryDirectory, until } from '../../support/temporary.ts';

const URI = 'http://origin.example/file?secret=1';
const CONTENT = Buffer.from('the whole content');

let directory: TemporaryDirectory;
let engine: MemoryDownloads;
let warnings: string[];
let downloads: AgentDownloads & AsyncDisposable;
let target: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  await mkdir(directory.join('files'));
  target = directory.join('files', 'target.bin');
  engine = new MemoryDownloads();
  warnings = [];
  downloads = await open();
});
afterEach(async () => {
  await downloads[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

function open(options: { maxDownloads?: number } = {}): Promise<typeof downloads> {
  return openIdoDownloads({
    manager: engine,
    directory: directory.join('agent'),
    warn: (message) => warnings.push(message),
    ...options,
  });
}

/** What a killed process leaves to the next one. */
async function restart(): Promise<void> {
  engine.beforeCall = () => Promise.resolve();
  engine.restart();
  downloads = await open();
}

function names(): Promise<string[]> {
  return readdir(directory.join('files'));
}

function hasCode(hresult: number): (error: unknown) => boolean {
  return (error) => error instanceof DeliveryOptimizationError && error.hresult === hresult;
}

async function started(): Promise<{ id: string; running: MemoryDownload }> {
  const id = await downloads.create(URI, target);
  await downloads.start(id);
  return { id, running: engine.named('target.bin') };
}

async function stateOf(id: string): Promise<string> {
  return (await downloads.status(id)).state;
}

// States and operations (section 3).

const reach = {
  Created: () => downloads.create(URI, target),
  Transferring: async () => (await started()).id,
  Paused: async () => {
    const { id } = await started();
    await downloads.pause(id);
    return id;
  },
  Transferred: async () => {
    const { id, running } = await started();
    running.complete(CONTENT);
    return id;
  },
} as const;

type Outcome = string | { readonly gone: boolean; readonly file: boolean } | number;
const INVALID = 0x80d02013;
const table: Readonly<Record<keyof typeof reach, readonly [Outcome, Outcome, Outcome, Outcome]>> = {
  Created: ['Transferring', 'Created', INVALID, { gone: true, file: false }],
  Transferring: ['Transferring', 'Paused', INVALID, { gone: true, file: false }],
  Paused: ['Transferring', 'Paused', INVALID, { gone: true, file: false }],
  Transferred: [
    'Transferred',
    'Transferred',
    { gone: true, file: true },
    { gone: true, file: false },
  ],
};
const ops = ['start', 'pause', 'finalize', 'abort'] as const;

for (const [state, outcomes] of Object.entries(table)) {
  for (const [column, op] of ops.entries()) {
    test(`${op} in ${state}`, async () => {
      const id = await reach[state as keyof typeof reach]();
      assert.equal(await stateOf(id), state);
      const outcome = outcomes[column];
      if (typeof outcome === 'number') {
        await assert.rejects(downloads[op](id), hasCode(outcome));
        assert.equal(await stateOf(id), state);
      } else if (typeof outcome === 'string') {
        await downloads[op](id);
        assert.equal(await stateOf(id), outcome);
      } else {
        await downloads[op](id);
        assert.deepEqual(await names(), outcome?.file ? ['target.bin'] : []);
        for (const each of ops) {
          await assert.rejects(downloads[each](id), hasCode(0x80070490), each);
        }
        await assert.rejects(downloads.status(id), hasCode(0x80070490));
        assert.deepEqual(await readdir(directory.join('agent')), []);
        assert.deepEqual(engine.all, []);
      }
      assert.deepEqual(warnings, []);
    });
  }
}

// The file.

test('an empty file stands at the path as soon as start has answered, and the content later', async () => {
  const previous = process.umask(0o022);
  try {
    const { id, running } = await started();
    assert.equal((await stat(target)).size, 0);
    assert.equal((await stat(target)).mode & 0o777, 0o644);
    assert.deepEqual(await names(), ['target.bin']);
    running.set({ bytesTotal: 100, bytesTransferred: 5 });
    assert.deepEqual(await downloads.status(id), {
      state: 'Transferring',
      bytesTotal: 100,
      bytesTransferred: 5,
      error: 0,
      extendedError: 0,
    });
    running.complete(CONTENT);
    assert.deepEqual(await downloads.status(id), {
      state: 'Transferred',
      bytesTotal: CONTENT.length,
      bytesTransferred: CONTENT.length,
      error: 0,
      extendedError: 0,
    });
    // The engine's own file was for this user alone; the one clients find is as it always was.
    assert.equal((await stat(target)).mode & 0o777, 0o644);
    assert.deepEqual(await readFile(target), CONTENT);
    assert.deepEqual(await names(), ['target.bin']);
  } finally {
    process.umask(previous);
  }
});

test('the content is put into place without anybody asking for the status', async () => {
  const { running } = await started();
  running.complete(CONTENT);
  await until(async () => (await stat(target)).size === CONTENT.length, { what: 'the content' });
});

test('permissions given to the empty file meanwhile are kept', async () => {
  const { id, running } = await started();
  await chmod(target, 0o600);
  running.complete(CONTENT);
  assert.equal(await stateOf(id), 'Transferred');
  assert.equal((await stat(target)).mode & 0o777, 0o600);
});

test('a file without content is Transferred 0 of 0', async () => {
  const { id, running } = await started();
  running.complete(Buffer.alloc(0));
  assert.deepEqual(await downloads.status(id), {
    state: 'Transferred',
    bytesTotal: 0,
    bytesTransferred: 0,
    error: 0,
    extendedError: 0,
  });
  assert.equal((await stat(target)).size, 0);
});

const obstacles: Readonly<Record<string, readonly [number, () => Promise<string>]>> = {
  'a file': [
    0xc0d00011,
    async () => {
      await writeFile(target, 'theirs');
      return target;
    },
  ],
  'an empty file': [
    0xc0d00011,
    async () => {
      await writeFile(target, '');
      return target;
    },
  ],
  'the file of another download': [
    0xc0d00011,
    async () => {
      await downloads.start(await downloads.create(URI, target));
      return target;
    },
  ],
  'a dangling link': [
    0xc0d00011,
    async () => {
      await symlink(directory.join('nowhere'), target);
      return target;
    },
  ],
  'a directory': [0xc0d00011, () => Promise.resolve(directory.join('files'))],
  'a name with a slash at its end': [0xc0d00015, () => Promise.resolve(`${target}/`)],
  'a directory that does not exist': [
    0xc0d00002,
    () => Promise.resolve(directory.join('missing', 'x')),
  ],
  'a file in the place of a directory': [
    0xc0d00014,
    async () => {
      await writeFile(target, '');
      return `${target}/x`;
    },
  ],
  'a name that is too long': [0xc0d00024, () => Promise.resolve(`${target}${'x'.repeat(300)}`)],
};
for (const [what, [hresult, prepare]] of Object.entries(obstacles)) {
  test(`start fails and leaves Created: ${what} in the way`, async () => {
    const path = await prepare();
    const before = await names();
    const id = await downloads.create(URI, path);
    await assert.rejects(downloads.start(id), hasCode(hresult));
    assert.equal(await stateOf(id), 'Created');
    assert.deepEqual(await names(), before);
    // It can be set right, which is what Created is for.
    await downloads.setProperty(id, 'DownloadFilePath', directory.join('files', 'free'));
    await downloads.start(id);
    assert.equal(await stateOf(id), 'Transferring');
  });
}

test('start without a Uri or without a path says which is missing', async () => {
  const id = await downloads.create(undefined, undefined);
  await assert.rejects(downloads.start(id), hasCode(0x80d02200));
  await downloads.setProperty(id, 'Uri', URI);
  await assert.rejects(downloads.start(id), hasCode(0x80d02018));
  await downloads.setProperty(id, 'DownloadFilePath', target);
  await downloads.start(id);
  assert.equal(await stateOf(id), 'Transferring');
});

test('a start the engine refuses leaves Created, no file and no download in the engine', async () => {
  for (const call of ['createDownload', 'setProperty', 'start']) {
    const id = await downloads.create(URI, target);
    engine.failures.set(call, new DeliveryOptimizationError('ERROR_DISK_FULL', 'full'));
    await assert.rejects(downloads.start(id), hasCode(0xc0d0001c), call);
    assert.equal(await stateOf(id), 'Created');
    assert.deepEqual(await names(), []);
    assert.deepEqual(engine.all, []);
    await downloads.start(id);
    await downloads.abort(id);
  }
});

test('a file that took the place of ours is neither replaced nor deleted', async () => {
  const { id, running } = await started();
  await rm(target);
  await writeFile(target, 'theirs');
  running.complete(CONTENT);
  const status = await downloads.status(id);
  assert.equal(status.state, 'Paused');
  assert.equal(status.error, 0xc0d00011);
  await assert.rejects(downloads.finalize(id), hasCode(INVALID));
  assert.equal(await readFile(target, 'utf8'), 'theirs');
  // Once the way is free, start goes on with what is there already.
  await rm(target);
  await downloads.start(id);
  assert.equal(await stateOf(id), 'Transferred');
  assert.deepEqual(await readFile(target), CONTENT);
  await rm(target);
  await writeFile(target, 'theirs again');
  await downloads.abort(id);
  assert.equal(await readFile(target, 'utf8'), 'theirs again');
  assert.deepEqual(await names(), ['target.bin']);
});

test('our empty file, filled by somebody, is not replaced', async () => {
  const { id, running } = await started();
  await writeFile(target, 'theirs');
  running.complete(CONTENT);
  assert.equal((await downloads.status(id)).error, 0xc0d00011);
  assert.equal(await readFile(target, 'utf8'), 'theirs');
});

test('content takes its name when the empty file was deleted meanwhile', async () => {
  const { id, running } = await started();
  await rm(target);
  running.complete(CONTENT);
  assert.equal(await stateOf(id), 'Transferred');
  assert.deepEqual(await readFile(target), CONTENT);
  await downloads.abort(id);
  assert.deepEqual(await names(), []);
});

test('a failure of the engine to deliver is Paused with its code, and start tries again', async () => {
  const { id, running } = await started();
  engine.failures.set('finalize', new DeliveryOptimizationError('ERROR_DISK_FULL', 'full'));
  running.complete(CONTENT);
  const status = await downloads.status(id);
  assert.deepEqual([status.state, status.error], ['Paused', 0xc0d0001c]);
  await downloads.start(id);
  assert.equal(await stateOf(id), 'Transferred');
});

// What the engine is told, and what it tells.

test('the engine gets the URL, the agent`s time-out, and keeps the download over restarts', async () => {
  const { running } = await started();
  assert.equal(running.property(DODownloadProperty.Uri), URI);
  assert.equal(running.property(DODownloadProperty.NoProgressTimeoutSeconds), 300);
  assert.equal(running.property(DODownloadProperty.NonVolatile), true);
  assert.equal(running.property(DODownloadProperty.ForegroundPriority), true);
  assert.equal(running.property(DODownloadProperty.DisplayName), target);
  assert.equal(running.startCount, 1);
});

test('three resumes are three resumes of one download', async () => {
  const { id, running } = await started();
  for (let round = 2; round <= 4; round += 1) {
    await downloads.pause(id);
    await downloads.pause(id);
    await downloads.start(id);
    await downloads.start(id);
    assert.equal(running.startCount, round);
  }
  assert.equal(engine.all.length, 1);
});

test('a pause by the engine shows its reason and no error', async () => {
  const { id, running } = await started();
  running.set({ state: DODownloadState.Paused, extendedError: 0x80d03805 });
  const { state, error, extendedError } = await downloads.status(id);
  assert.deepEqual([state, error, extendedError], ['Paused', 0, 0x80d03805]);
});

test('failures show as the agent tells them: fatal ones Paused, others while Transferring', async () => {
  const { id, running } = await started();
  running.set({ error: 0x80190000 + 503 });
  assert.deepEqual(
    [await stateOf(id), (await downloads.status(id)).error],
    ['Transferring', 0x801901f4],
  );
  running.set({ state: DODownloadState.Paused, error: 0x80190000 + 410, bytesTransferred: 5 });
  const status = await downloads.status(id);
  assert.deepEqual([status.state, status.error], ['Paused', 0x80190194]);
  await downloads.start(id);
  assert.deepEqual([await stateOf(id), (await downloads.status(id)).error], ['Transferring', 0]);
});

test('a download the engine gave up for its age is Paused, and start begins anew', async () => {
  const { id, running } = await started();
  running.set({ state: DODownloadState.Aborted });
  const status = await downloads.status(id);
  assert.deepEqual([status.state, status.error], ['Paused', 0x80d0200c]);
  await downloads.start(id);
  assert.equal(await stateOf(id), 'Transferring');
  engine.named('target.bin').complete(CONTENT);
  assert.equal(await stateOf(id), 'Transferred');
});

// Properties.

test('properties are as they were set', async () => {
  const id = await downloads.create(undefined, undefined);
  assert.match(id, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  assert.equal(await downloads.getProperty(id, 'Id'), id);
  assert.equal(await downloads.getProperty(id, 'Uri'), '');
  assert.equal(await downloads.getProperty(id, 'DownloadFilePath'), '');
  assert.equal(await downloads.getProperty(id, 'NoProgressTimeoutSeconds'), '0');
  await downloads.setProperty(id, 'Uri', URI);
  await downloads.setProperty(id, 'DownloadFilePath', 'relative');
  await downloads.setProperty(id, 'NoProgressTimeoutSeconds', '10');
  await downloads[Symbol.asyncDispose]();
  await restart();
  assert.equal(await downloads.getProperty(id, 'Uri'), URI);
  assert.equal(await downloads.getProperty(id, 'DownloadFilePath'), 'relative');
  assert.equal(await downloads.getProperty(id, 'NoProgressTimeoutSeconds'), '10');
});

test('the time-out reaches the engine, raised to what it takes', async () => {
  const { id, running } = await started();
  const told = (): unknown => running.property(DODownloadProperty.NoProgressTimeoutSeconds);
  await downloads.setProperty(id, 'NoProgressTimeoutSeconds', '10');
  assert.equal(told(), 60);
  await downloads.setProperty(id, 'NoProgressTimeoutSeconds', '4294967295');
  assert.equal(told(), 4_294_967_295);
  for (const bad of ['', '0', '9', '-1', '1.5', '1e3', 'x', '4294967296', '99999999999']) {
    const setting = downloads.setProperty(id, 'NoProgressTimeoutSeconds', bad);
    await assert.rejects(setting, hasCode(0x80070057), bad);
  }
});

test('a property that cannot be set says why', async () => {
  const { id, running } = await started();
  const set = (key: 'Id' | 'Uri' | 'DownloadFilePath', value: string): Promise<void> =>
    downloads.setProperty(id, key, value);
  await assert.rejects(set('Id', id), hasCode(0x80d02012));
  await assert.rejects(set('Uri', ''), hasCode(0x80070057));
  await assert.rejects(set('Uri', 'ftp://h/'), hasCode(0x800c0002));
  await assert.rejects(set('Uri', 'http://other/'), hasCode(INVALID));
  await assert.rejects(set('DownloadFilePath', '/elsewhere'), hasCode(INVALID));
  await downloads.pause(id);
  await set('Uri', 'http://other/');
  assert.equal(running.property(DODownloadProperty.Uri), 'http://other/');
  await assert.rejects(set('DownloadFilePath', '/elsewhere'), hasCode(INVALID));
  running.complete(CONTENT);
  await downloads.status(id);
  await assert.rejects(set('Uri', 'http://h/'), hasCode(INVALID));
});

for (const uri of [
  'ftp://h/a',
  'file:///etc/passwd',
  'http://',
  'http:///a',
  'h/a',
  '/a',
  'http://h/a b',
  'http://h/ä',
  'http://h:x/',
  'javascript:alert(1)',
]) {
  test(`not a URL: ${uri}`, async () => {
    await assert.rejects(downloads.create(uri, target), hasCode(0x800c0002));
    assert.deepEqual(await readdir(directory.join('agent')), []);
  });
}

test('a path with a null character is refused', async () => {
  await assert.rejects(downloads.create(URI, '/a\0b'), hasCode(0x80070057));
});

test('beyond the bound no more downloads are made until some end', async () => {
  downloads = await open({ maxDownloads: 2 });
  const made = await Promise.allSettled([1, 2, 3].map(() => downloads.create(URI, target)));
  assert.deepEqual(
    made.map((each) => each.status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
  await assert.rejects(downloads.create(URI, target), hasCode(0x8007000e));
  const [first] = made;
  if (first?.status === 'fulfilled') await downloads.abort(first.value);
  await downloads.create(URI, target);
});

test('calls that come together have their effect once', async () => {
  const id = await downloads.create(URI, target);
  await Promise.all([downloads.start(id), downloads.start(id), downloads.start(id)]);
  assert.equal(engine.all.length, 1);
  engine.named('target.bin').complete(CONTENT);
  const ended = await Promise.allSettled([1, 2, 3].map(() => downloads.finalize(id)));
  assert.equal(ended.filter((each) => each.status === 'fulfilled').length, 1);
});

// Restarts (defect 10).

for (const state of ['Created', 'Transferring', 'Paused', 'Transferred'] as const) {
  test(`a download that is ${state} is so under its id after a restart`, async () => {
    const id = await reach[state]();
    assert.equal(await stateOf(id), state);
    await restart();
    assert.equal(await stateOf(id), state);
    if (state === 'Transferring' || state === 'Paused') {
      if (state === 'Paused') await downloads.start(id);
      engine.named('target.bin').complete(CONTENT);
      await until(async () => (await stat(target)).size > 0, { what: 'the content' });
    }
    if (state !== 'Created') {
      await downloads.finalize(id);
      assert.deepEqual(await readFile(target), CONTENT);
    }
  });
}

/** What a client does with one download, and what it has been promised by then. */
async function wholeLife(promised: {
  id?: string;
  isStarted?: boolean;
  isDone?: boolean;
}): Promise<void> {
  const id = await downloads.create(URI, target);
  promised.id = id;
  await downloads.start(id);
  promised.isStarted = true;
  await downloads.pause(id);
  await downloads.start(id);
  engine.named('target.bin').complete(CONTENT);
  assert.equal(await stateOf(id), 'Transferred');
  promised.isDone = true;
}

test('a process killed before any call to the engine keeps every promise', async () => {
  let points = 0;
  for (let killedAt = 0; ; killedAt += 1) {
    const promised: { id?: string; isStarted?: boolean; isDone?: boolean } = {};
    let calls = 0;
    let isKilled = false;
    const killed = new Promise<void>((resolve) => {
      engine.beforeCall = () => {
        calls += 1;
        if (isKilled || calls <= killedAt)
          return isKilled ? new Promise(() => undefined) : Promise.resolve();
        isKilled = true;
        resolve();
        return new Promise(() => undefined);
      };
    });
    await Promise.race([wholeLife(promised), killed]);
    if (!isKilled) break;
    points += 1;
    await restart();
    const at = `killed before call ${killedAt + 1}`;
    const { id } = promised;
    assert.ok(id !== undefined, at);
    if (promised.isStarted) assert.notEqual(await stateOf(id), 'Created', at);
    if (promised.isDone) assert.equal(await stateOf(id), 'Transferred', at);
    // Whatever has happened, the client can go on as if nothing had.
    await downloads.start(id);
    if ((await stateOf(id)) !== 'Transferred') engine.named('target.bin').complete(CONTENT);
    assert.equal(await stateOf(id), 'Transferred', at);
    assert.deepEqual(await readFile(target), CONTENT, at);
    assert.deepEqual(await names(), ['target.bin'], at);
    await downloads.abort(id);
    assert.deepEqual(await names(), [], at);
    assert.deepEqual(engine.all, [], at);
  }
  assert.ok(points > 12, `${points} points`);
});

test('content that is whole and not yet at its path gets there after a restart', async () => {
  const { id, running } = await started();
  running.complete(CONTENT);
  assert.equal(await stateOf(id), 'Transferred');
  await rename(target, directory.join('files', `.haulyard-agent-${id}`));
  await restart();
  assert.equal(await stateOf(id), 'Transferred');
  assert.deepEqual(await readFile(target), CONTENT);
  assert.deepEqual(await names(), ['target.bin']);
});

test('a process killed in an abort has aborted after the restart, or can abort again', async () => {
  const { id } = await started();
  const killed = new Promise<void>((resolve) => {
    engine.beforeCall = (call) => {
      if (call !== 'abort') return Promise.resolve();
      resolve();
      return new Promise(() => undefined);
    };
  });
  void downloads.abort(id);
  await killed;
  await restart();
  await assert.rejects(downloads.status(id), hasCode(0x80070490));
  assert.deepEqual(await names(), []);
  assert.deepEqual(engine.all, []);
});

test('an empty file made by a process that was killed before it could say so is removed', async () => {
  const id = await downloads.create(URI, target);
  await downloads[Symbol.asyncDispose]();
  const record = directory.join('agent', `${id}.json`);
  const stored = JSON.parse(await readFile(record, 'utf8')) as object;
  const starting = { kind: 'starting', sinceMs: Date.now() };
  await writeFile(record, JSON.stringify({ ...stored, phase: starting }));
  await writeFile(target, '');
  await restart();
  assert.equal(await stateOf(id), 'Created');
  assert.deepEqual(await names(), []);
});

test('a file that was there before, or holds anything, is not taken for ours', async () => {
  const id = await downloads.create(URI, target);
  await downloads[Symbol.asyncDispose]();
  const record = directory.join('agent', `${id}.json`);
  const stored = JSON.parse(await readFile(record, 'utf8')) as object;
  await writeFile(target, '');
  const later = { kind: 'starting', sinceMs: Date.now() + 60_000 };
  await writeFile(record, JSON.stringify({ ...stored, phase: later }));
  await restart();
  assert.deepEqual(await names(), ['target.bin']);
  await writeFile(target, 'theirs');
  await writeFile(record, JSON.stringify({ ...stored, phase: { kind: 'starting', sinceMs: 0 } }));
  await restart();
  assert.equal(await readFile(target, 'utf8'), 'theirs');
});

test('a damaged record loses its own download alone', async () => {
  const whole = await downloads.create(URI, target);
  const lost: string[] = [];
  for (const text of [
    '',
    '{',
    '[]',
    '{"format":2}',
    '{"format":1,"id":5}',
    '{"format":1,"phase":{}}',
  ]) {
    const id = await downloads.create(URI, target);
    await writeFile(directory.join('agent', `${id}.json`), text);
    lost.push(id);
  }
  await writeFile(directory.join('agent', `${whole}.json.123456`), 'half a write');
  await writeFile(directory.join('agent', 'readme.txt'), 'not ours');
  await restart();
  assert.equal(await stateOf(whole), 'Created');
  for (const id of lost) await assert.rejects(downloads.status(id), hasCode(0x80070490));
  assert.equal(warnings.length, lost.length);
  assert.ok(!(await readdir(directory.join('agent'))).some((name) => name.endsWith('.123456')));
});

test('records can be read by this user alone: their URLs may hold secrets', async () => {
  const id = await downloads.create(URI, target);
  assert.equal((await stat(directory.join('agent'))).mode & 0o777, 0o700);
  assert.equal((await stat(directory.join('agent', `${id}.json`))).mode & 0o777, 0o600);
});

test('a download the engine has lost starts over under its id', async () => {
  const { id } = await started();
  engine = new MemoryDownloads();
  await restart();
  assert.match(warnings[0] ?? '', /has lost the agent download .*; it starts over/);
  assert.equal(await stateOf(id), 'Transferring');
  engine.named('target.bin').complete(CONTENT);
  assert.equal(await stateOf(id), 'Transferred');
  assert.deepEqual(await readFile(target), CONTENT);
});
