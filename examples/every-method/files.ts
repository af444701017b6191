import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { BG_SIZE_UNKNOWN, DO_UNKNOWN_FILE_SIZE, S_FALSE, S_OK } from 'haulyard';
import { refusal } from './report.ts';
import { FILES, type Scene, twoRanges } from './scene.ts';

/** The ways to add a file, and the enumerator over all of them. */
export async function checkFiles(scene: Scene): Promise<void> {
  await checkAdding(scene);
  await checkEnumerator(scene);
}

async function checkAdding({ report, job, url, content, path }: Scene): Promise<void> {
  const sha256 = createHash('sha256').update(content).digest('hex');

  await report.check('IBackgroundCopyJob.addFile', async () => {
    const file = await job.addFile(url, path('whole.bin'), {
      digest: { algorithm: 'sha-256', hex: sha256 },
    });
    assert.equal((await file.getProgress()).bytesTotal, DO_UNKNOWN_FILE_SIZE);
    assert.equal((await job.getProgress()).bytesTotal, BG_SIZE_UNKNOWN);
    const relative = await refusal('E_INVALIDARG', () => job.addFile(url, 'whole.bin'));
    const missing = await refusal('ERROR_PATH_NOT_FOUND', () =>
      job.addFile(url, path('no-such-directory/file')),
    );
    return `with a SHA-256; relative name: ${relative}; no such directory: ${missing}`;
  });
  await report.check('IBackgroundCopyJob.addFileSet', async () => {
    const set = ['set-1.bin', 'set-2.bin'].map((name) => ({
      remoteName: url,
      localName: path(name),
    }));
    const bad = await refusal('E_INVALIDARG', () =>
      job.addFileSet([...set, { remoteName: 'ftp://host/file', localName: path('x') }]),
    );
    assert.equal((await job.getProgress()).filesTotal, 1);
    await job.addFileSet(set);
    assert.equal((await job.getProgress()).filesTotal, 3);
    return `2 files; none of three when one is bad: ${bad}`;
  });
  await report.check('IDeliveryOptimizationJob.addFileWithRanges', async () => {
    const ranges = twoRanges(content.length);
    const add = (wanted: typeof ranges): Promise<unknown> =>
      job.addFileWithRanges('id', url, path('ranges.bin'), wanted, content.length);
    const beyond = { initialOffset: content.length, length: 1 };
    const invalid = await refusal('DO_E_INVALID_RANGE', () => add([beyond]));
    const overlapping = await refusal('DO_E_OVERLAPPING_RANGES', () =>
      add([...ranges, ranges[1]!]),
    );
    await add(ranges);
    return `2 ranges; beyond the end: ${invalid}; twice the same: ${overlapping}`;
  });
  await report.check('IDeliveryOptimizationJob2.addFile', async () => {
    const file = await job.addFileById('by-id', null);
    const early = await refusal('E_NOT_SET', () => file.getLocalName());
    return `neither URL nor local name yet: ${early}`;
  });
}

async function checkEnumerator({ report, job }: Scene): Promise<void> {
  const files = await job.enumFiles();

  await report.check('IBackgroundCopyJob.enumFiles', async () => {
    const fresh = await job.enumFiles();
    assert.notEqual(fresh, files);
    return 'a snapshot of the list, with a cursor of its own';
  });
  await report.check('IEnumBackgroundCopyFiles.getCount', async () => {
    assert.equal(await files.getCount(), FILES.length);
    return `${FILES.length}`;
  });
  await report.check('IEnumBackgroundCopyFiles.next', async () => {
    assert.equal((await files.next()).length, 1);
    assert.equal((await files.next(2)).length, 2);
    return '1, then 2 files';
  });
  await report.check('IEnumBackgroundCopyFiles.skip', async () => {
    assert.equal(await files.skip(1), S_OK);
    assert.equal(await files.skip(2), S_FALSE);
    assert.deepEqual(await files.next(), []);
    return 'S_OK, then S_FALSE: only one was left';
  });
  await report.check('IEnumBackgroundCopyFiles.reset', async () => {
    await files.reset();
    assert.equal((await files.next(100)).length, FILES.length);
    return `${FILES.length} files are ahead again`;
  });
  await report.check('IEnumBackgroundCopyFiles for await', async () => {
    await files.reset();
    let count = 0;
    for await (const file of files) count += (await file.getRemoteName()) === '' ? 0 : 1;
    assert.equal(count, FILES.length - 1);
    return `${count} files with a URL, 1 without`;
  });
}
