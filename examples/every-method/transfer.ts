import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  BG_JOB_STATE,
  BITS_FILE_PROPERTY_ID,
  DOFilePropertyId,
  S_OK,
  SWARM_STATUS,
} from 'haulyard';
import type { Heard } from './heard.ts';
import { refusal } from './report.ts';
import { expectedContent, FILES, filesOf, type Scene, waitFor } from './scene.ts';

/** The transfer itself: started, suspended on its way, continued, completed. */
export async function checkTransfer(scene: Scene): Promise<void> {
  await checkStartAndStop(scene);
  await checkTransferred(scene);
  await checkComplete(scene);
}

async function checkStartAndStop({ report, job }: Scene): Promise<void> {
  await report.check('IBackgroundCopyJob.resume', async () => {
    await job.resume();
    const { QUEUED, TRANSFERRING } = BG_JOB_STATE;
    assert.ok(([QUEUED, TRANSFERRING] as number[]).includes(await job.getState()));
    await waitFor('bytes', async () => (await job.getProgress()).bytesTransferred > 0);
    assert.equal(await job.getState(), TRANSFERRING);
    return 'QUEUED, then TRANSFERRING';
  });
  await report.check('IBackgroundCopyJob.suspend', async () => {
    await job.suspend();
    assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
    const { bytesTransferred } = await job.getProgress();
    assert.ok(bytesTransferred > 0);
    // Once the call has resolved nothing is written any more.
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await job.getProgress()).bytesTransferred, bytesTransferred);
    return `SUSPENDED with ${bytesTransferred} bytes, which are kept`;
  });
}

/** Rejects with the error that ends the job, should one do so. */
async function failure(heard: Heard): Promise<never> {
  const error = await heard.failed.promise;
  throw new Error(await error.getErrorDescription());
}

async function checkTransferred({ report, job, heard, content, path }: Scene): Promise<void> {
  const expectedBytes = FILES.reduce((sum, name) => sum + expectedContent(name, content).length, 0);

  await report.check('IBackgroundCopyCallback.jobTransferred', async () => {
    await job.resume();
    await waitFor('jobTransferred', Promise.race([heard.transferred.promise, failure(heard)]));
    assert.equal(await job.getState(), BG_JOB_STATE.TRANSFERRED);
    for (const name of FILES) assert.equal(existsSync(path(name)), false, `${name} is there early`);
    return 'TRANSFERRED; no file under its final name yet';
  });
  await report.check('IBackgroundCopyCallback2.fileTransferred', async () => {
    assert.deepEqual(
      heard.files,
      FILES.map((name) => path(name)),
    );
    return `${heard.files.length} calls, in order, before jobTransferred`;
  });
  await report.check('IBackgroundCopyCallback.jobModification', async () => {
    assert.ok(heard.modifications > 0);
    assert.equal(heard.overlaps, 0);
    assert.deepEqual([...heard.jobs], [await job.getId()]);
    return 'called, and no call overlapped another';
  });
  await report.check('IBackgroundCopyJob.getProgress', async () => {
    const all = { bytesTotal: expectedBytes, bytesTransferred: expectedBytes };
    assert.deepEqual(await job.getProgress(), { ...all, filesTotal: 5, filesTransferred: 5 });
    return `${expectedBytes} of ${expectedBytes} bytes, 5 of 5 files`;
  });
  await report.check('IBackgroundCopyJob.getTimes', async () => {
    const { creationTime, modificationTime, transferCompletionTime } = await job.getTimes();
    assert.ok(transferCompletionTime !== undefined && transferCompletionTime >= creationTime);
    assert.ok(modificationTime >= creationTime && modificationTime.getTime() <= Date.now());
    return 'created, then modified and transferred';
  });
}

async function checkComplete({ report, manager, job, content, path }: Scene): Promise<void> {
  await report.check('IBackgroundCopyJob.complete', async () => {
    assert.equal(await job.complete(), S_OK);
    assert.equal(await job.getState(), BG_JOB_STATE.ACKNOWLEDGED);
    for (const name of FILES) {
      const found = await readFile(path(name));
      assert.ok(found.equals(expectedContent(name, content)), `${name} has other content`);
    }
    const id = await job.getId();
    const gone = await refusal('DO_E_JOB_NOT_FOUND', () => manager.getJob(id));
    const again = await refusal('DO_E_INVALID_STATE', () => job.complete());
    return `S_OK, 5 files equal byte by byte; again: ${again}; getJob: ${gone}`;
  });
  const whole = (await filesOf(job))[0]!;
  await report.check('getters of a completed job and its files', async () => {
    assert.equal((await whole.getProgress()).completed, true);
    const head = await whole.getProperty(BITS_FILE_PROPERTY_ID.HTTP_RESPONSE_HEADERS);
    assert.match(head, /^HTTP\/1\.[01] 20[06]/);
    const stats = await whole.getStats();
    assert.equal(stats.status, SWARM_STATUS.Complete);
    assert.ok(stats.bytesFromHttp >= content.length);
    assert.equal(await whole.getDOProperty(DOFilePropertyId.TotalSizeBytes), content.length);
    return `completed, ${stats.bytesFromHttp} bytes over HTTP in ${stats.downloadDuration} ms`;
  });
}
