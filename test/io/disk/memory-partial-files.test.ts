import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { PartialFileId } from '../../../src/ports/partial-files.ts';
import {
  created,
  rejectsWith,
  testPartialFiles,
  type PartialFilesWorld,
} from '../../conformance/partial-files.ts';
import { MemoryPartialFiles } from '../../support/memory-partial-files.ts';

const ID: PartialFileId = { jobId: 'a1', index: 0, localName: '/data/out.bin' };

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);

testPartialFiles('in memory', async (): Promise<PartialFilesWorld> => {
  const files = new MemoryPartialFiles();
  return {
    files,
    path: (name) => `/data/${name}`,
    put: async (path, text) => files.put(path, encode(text)),
    putReadOnly: async (path, text) => files.put(path, encode(text), { readOnly: true }),
    makeDirectory: async (path) => files.makeDirectory(path),
    textOf: async (path) => decode(files.contentOf(path)),
    modifiedMsOf: async (path) => files.modifiedMsOf(path),
    names: async () => files.paths().map((path) => path.slice('/data/'.length)),
    [Symbol.asyncDispose]: async () => {},
  };
});

test('in memory: a power cut takes what was not flushed, a killed process takes nothing', async () => {
  for (const [left, expected] of [
    ['flushed', 'flushed'],
    ['written', 'flushed and more'],
  ] as const) {
    const files = new MemoryPartialFiles();
    const file = await created({ files }, ID);
    await file.write([encode('flushed')], 0);
    await file.flush();
    await file.write([encode(' and more')], 7);

    const after = files.crash(left);
    assert.equal(decode(after.contentOf(file.path)), expected);
    await rejectsWith('E_UNEXPECTED', file.write([encode('from the grave')], 0));
    await rejectsWith('E_UNEXPECTED', files.remove(ID));
    assert.equal(decode(after.contentOf(file.path)), expected);
    assert.equal(decode(after.crash().contentOf(file.path)), 'flushed');
  }
});

test('in memory: a file that was never flushed is gone after a power cut', async () => {
  const files = new MemoryPartialFiles();
  const file = await created({ files }, ID);
  await file.write([encode('x')], 0);
  assert.deepEqual(files.crash('flushed').paths(), []);
});

test('in memory: a power cut before publishing leaves the old target', async () => {
  const files = new MemoryPartialFiles();
  files.put(ID.localName, encode('old'));
  const file = await created({ files }, ID);
  await file.write([encode('new')], 0);
  await file.flush();
  assert.equal(decode(files.crash().contentOf(ID.localName)), 'old');
});

test('in memory: publishing survives a power cut', async () => {
  const files = new MemoryPartialFiles();
  const file = await created({ files }, ID);
  await file.write([encode('new')], 0);
  await file.flush();
  await files.publish([ID]);
  const after = files.crash();
  assert.deepEqual(after.paths(), [ID.localName]);
  assert.equal(decode(after.contentOf(ID.localName)), 'new');
});

test('in memory: a full disk takes what fits, then fails until there is room', async () => {
  const files = new MemoryPartialFiles({ capacityBytes: 8 });
  const file = await created({ files }, ID);
  await file.write([encode('12345')], 0);
  assert.equal(await files.freeSpace(ID.localName), 3);
  await rejectsWith('ERROR_DISK_FULL', file.write([encode('abcdef')], 5));
  assert.equal(decode(files.contentOf(file.path)), '12345abc');
  await file.write([encode('xyz')], 0);
  files.capacityBytes = 100;
  await file.write([encode('def')], 8);
  assert.equal(decode(files.contentOf(file.path)), 'xyz45abcdef');
});

test('in memory: a read-only disk refuses every change', async () => {
  const files = new MemoryPartialFiles();
  const file = await created({ files }, ID);
  files.readOnly = true;
  await rejectsWith('E_ACCESSDENIED', files.checkTarget(ID.localName));
  for (const refused of [
    file.write([encode('x')], 0),
    file.truncate(0),
    files.open({ ...ID, index: 1 }, false),
    files.publish([ID]),
    files.remove(ID),
  ]) {
    await rejectsWith('ERROR_WRITE_PROTECT', refused);
  }
  assert.deepEqual(files.paths(), [file.path]);
});

test('in memory: a test can watch, delay and fail any call', async () => {
  const files = new MemoryPartialFiles();
  const calls: string[] = [];
  files.onCall = ({ name }) => {
    calls.push(name);
    if (name === 'flush') throw new Error('the disk is on fire');
  };
  const file = await created({ files }, ID);
  await file.write([encode('x')], 0);
  await assert.rejects(file.flush(), /on fire/);
  assert.deepEqual(calls, ['open', 'write', 'flush']);
});
