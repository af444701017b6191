import assert from 'node:assert/strict';

import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BG_JOB_TYPE,
  HRESULT,
  S_FALSE,
  S_OK,
} from '../../../src/index.ts';
import type { Suite } from './harness.ts';

const URL = 'http://127.0.0.1:9/file';

/** IBackgroundCopyManager and the enumerators. */
export const manager: Suite = async (t, { open, check }) => {
  await check(t, 'a new job is suspended, empty and has the documented defaults', async () => {
    await using world = await open();
    const job = await world.manager.createJob('a name', BG_JOB_TYPE.DOWNLOAD);
    assert.match(await job.getId(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(await job.getDisplayName(), 'a name');
    assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
    assert.equal(await job.getType(), BG_JOB_TYPE.DOWNLOAD);
    assert.equal(await job.getPriority(), BG_JOB_PRIORITY.NORMAL);
    assert.equal(await job.getNotifyFlags(), 3);
    assert.equal(await job.getNoProgressTimeout(), 86_400);
    assert.equal(await job.getNotifyInterface(), null);
    assert.equal(await job.getLastFailure(), null);
    assert.equal(await job.getDOProperty(0), '');
    assert.deepEqual(await job.getProgress(), {
      bytesTotal: 0,
      bytesTransferred: 0,
      filesTotal: 0,
      filesTransferred: 0,
    });
    const { creationTime, modificationTime, transferCompletionTime } = await job.getTimes();
    assert.deepEqual(modificationTime, creationTime);
    assert.equal(transferCompletionTime, undefined);
  });

  await check(t, 'a name of 256 characters is taken and one of 257 is refused', async () => {
    await using world = await open();
    const long = 'é'.repeat(256);
    const job = await world.manager.createJob(long, 0);
    assert.equal(await job.getDisplayName(), long);
    await assert.rejects(world.manager.createJob(`${long}x`, 0), {
      code: 'E_INVALIDARG',
      hresult: HRESULT.E_INVALIDARG,
    });
  });

  await check(t, 'getJob finds a job by its id in either case, until it is final', async () => {
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    const id = await job.getId();
    assert.equal(await (await world.manager.getJob(id)).getDisplayName(), 'x');
    assert.equal(await (await world.manager.getJob(id.toUpperCase())).getId(), id);
    await job.cancel();
    await assert.rejects(world.manager.getJob(id), { code: 'DO_E_JOB_NOT_FOUND' });
  });

  for (const id of ['', 'nonsense', '00000000-0000-0000-0000-000000000000', '../jobs']) {
    await check(t, `getJob of ${JSON.stringify(id)} is DO_E_JOB_NOT_FOUND`, async () => {
      await using world = await open();
      await assert.rejects(world.manager.getJob(id), { code: 'DO_E_JOB_NOT_FOUND' });
    });
  }

  await check(t, 'two objects of one job see the same', async () => {
    await using world = await open();
    const one = await world.manager.createJob('x', 0);
    const other = await world.manager.getJob(await one.getId());
    await one.setPriority(BG_JOB_PRIORITY.FOREGROUND);
    assert.equal(await other.getPriority(), BG_JOB_PRIORITY.FOREGROUND);
    await other.cancel();
    assert.equal(await one.getState(), BG_JOB_STATE.CANCELLED);
    await assert.rejects(one.resume(), { code: 'DO_E_INVALID_STATE' });
  });

  await check(
    t,
    'enumJobs is a snapshot of the jobs that are not final, oldest first',
    async () => {
      await using world = await open();
      const names = ['one', 'two', 'three', 'four'];
      for (const name of names) await world.manager.createJob(name, 0);
      const jobs = await world.manager.enumJobs();
      const [, two] = await jobs.next(2);
      await two!.cancel();
      await world.manager.createJob('five', 0);
      assert.equal(await jobs.getCount(), 4);
      await jobs.reset();
      const seen: string[] = [];
      for await (const job of jobs) seen.push(await job.getDisplayName());
      assert.deepEqual(seen, names);
      const later: string[] = [];
      for await (const job of await world.manager.enumJobs())
        later.push(await job.getDisplayName());
      assert.deepEqual(later, ['one', 'three', 'four', 'five']);
    },
  );

  await check(t, 'enumJobs leaves downloads of the other family out', async () => {
    await using world = await open();
    await world.manager.downloads.createDownload();
    assert.equal(await (await world.manager.enumJobs()).getCount(), 0);
  });

  await check(t, 'an enumerator delivers, skips, ends and begins again', async () => {
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    for (const name of ['a', 'b', 'c']) await job.addFile(URL, world.target(name));
    const files = await job.enumFiles();
    assert.equal(await files.getCount(), 3);
    assert.equal((await files.next()).length, 1);
    assert.equal((await files.next(0)).length, 0);
    assert.equal(await files.skip(1), S_OK);
    const rest = await files.next(5);
    assert.deepEqual(await Promise.all(rest.map((file) => file.getLocalName())), [
      world.target('c'),
    ]);
    assert.deepEqual(await files.next(1), []);
    assert.equal(await files.skip(1), S_FALSE);
    assert.equal(await files.skip(0), S_OK);
    await files.reset();
    assert.equal(await files.skip(4), S_FALSE);
    assert.deepEqual(await files.next(), []);
    assert.equal(await files.getCount(), 3);
  });

  await check(t, 'more jobs than a page holds are enumerated, each once', async () => {
    await using world = await open();
    const ids: string[] = [];
    for (let index = 0; index < 1_003; index += 1) {
      ids.push(await (await world.manager.createJob(`${index}`, 0)).getId());
    }
    const jobs = await world.manager.enumJobs();
    assert.equal(await jobs.getCount(), ids.length);
    const seen = await Promise.all((await jobs.next(2_000)).map((job) => job.getId()));
    assert.deepEqual(seen, ids);
  });

  await check(t, 'getErrorDescription has a sentence for every number', async () => {
    await using world = await open();
    for (const hresult of [HRESULT.DO_E_JOB_NOT_FOUND, HRESULT.E_INVALIDARG | 0, 0, 0x8019_0194]) {
      assert.match(await world.manager.getErrorDescription(hresult), /^[A-Z].+\.$/);
    }
    assert.match(await world.manager.getErrorDescription(0x8123_4567), /0x81234567/);
  });

  await check(t, 'a closed manager changes nothing any more: DO_E_NO_SERVICE', async () => {
    await using world = await open();
    const { manager } = world;
    const job = await manager.createJob('x', 0);
    const id = await job.getId();
    const download = await manager.downloads.createDownload();
    await manager[Symbol.asyncDispose]();
    await manager[Symbol.asyncDispose]();
    for (const call of [
      () => manager.createJob('y', 0),
      () => manager.getJob(id),
      () => manager.enumJobs(),
      () => manager.downloads.createDownload(),
      () => manager.downloads.enumDownloads(),
      () => job.resume(),
      () => job.suspend(),
      () => job.cancel(),
      () => job.complete(),
      () => job.enumFiles(),
      () => job.addFile(URL, world.target('a')),
      () => job.setPriority(0),
      () => job.setNotifyInterface(null),
      () => job.getCustomHeaders(),
      () => job.setCustomHeaders(null),
      () => download.start(),
      () => download.pause(),
      () => download.abort(),
      () => download.finalize(),
      () => download.setProperty(3, 'x'),
    ]) {
      await assert.rejects(call, { code: 'DO_E_NO_SERVICE' }, call.toString());
    }
  });

  await check(t, 'jobs, their files and their properties outlive the manager', async () => {
    await using world = await open();
    const job = await world.manager.createJob('kept', 0);
    await job.addFileWithRanges('id', URL, world.target('a'), [{ initialOffset: 5, length: 7 }]);
    await job.setPriority(BG_JOB_PRIORITY.HIGH);
    await job.setNotifyFlags(9);
    await job.setNoProgressTimeout(77);
    await job.setProperty(1, 0x8000_0021);
    await job.setProperty(2, '01234567-89AB-cdef-0123-456789abcdef');
    await job.setCustomHeaders('X-A: 1\r\nX-B: 2');
    const times = await job.getTimes();
    const manager = await world.reopen();
    const again = await manager.getJob(await job.getId());
    assert.equal(await again.getPriority(), BG_JOB_PRIORITY.HIGH);
    assert.equal(await again.getNotifyFlags(), 9);
    assert.equal(await again.getNoProgressTimeout(), 77);
    assert.equal(await again.getProperty(1), 0x8000_0021);
    assert.equal(await again.getProperty(2), '01234567-89ab-cdef-0123-456789abcdef');
    assert.equal(await again.getCustomHeaders(), 'X-A: 1\r\nX-B: 2');
    assert.deepEqual(await again.getTimes(), times);
    const [file] = await (await again.enumFiles()).next();
    assert.deepEqual(await file!.getFileRanges(), [{ initialOffset: 5, length: 7 }]);
  });
};
