import assert from 'node:assert/strict';
import {
  BG_JOB_STATE,
  BG_JOB_TYPE,
  HRESULT,
  type IBackgroundCopyJob,
  type IBackgroundCopyManager,
} from 'haulyard';
import { refusal, type Report } from './report.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Creates the job that everything else is tried on. */
export async function checkManager(
  report: Report,
  manager: IBackgroundCopyManager,
): Promise<IBackgroundCopyJob> {
  const job = await manager.createJob('every method', BG_JOB_TYPE.DOWNLOAD);
  const id = await job.getId();

  await report.check('IBackgroundCopyManager.createJob', async () => {
    assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
    const tooLong = await refusal('E_INVALIDARG', () =>
      manager.createJob('n'.repeat(257), BG_JOB_TYPE.DOWNLOAD),
    );
    const upload = await refusal('E_NOTIMPL', () => manager.createJob('upload', 1 as BG_JOB_TYPE));
    return `a SUSPENDED job; name of 257 characters: ${tooLong}; upload: ${upload}`;
  });

  await report.check('IBackgroundCopyManager.getJob', async () => {
    const same = await manager.getJob(id.toUpperCase());
    assert.equal(await same.getId(), id);
    const unknown = '00000000-0000-4000-8000-000000000000';
    return `the job; unknown id: ${await refusal('DO_E_JOB_NOT_FOUND', () => manager.getJob(unknown))}`;
  });

  await report.check('IBackgroundCopyManager.enumJobs', async () => {
    const jobs = await manager.enumJobs();
    assert.equal(await jobs.getCount(), 1);
    for await (const found of jobs) assert.equal(await found.getId(), id);
    return '1 job, this one';
  });

  await report.check('IBackgroundCopyManager.getErrorDescription', async () => {
    const sentence = await manager.getErrorDescription(HRESULT.HTTP_E_STATUS_NOT_FOUND);
    assert.match(sentence, /404/);
    // COM programs hold result codes as signed numbers; both mean the same.
    assert.equal(await manager.getErrorDescription(HRESULT.HTTP_E_STATUS_NOT_FOUND | 0), sentence);
    return sentence;
  });

  await report.check('IBackgroundCopyJob.getId', async () => {
    assert.match(id, UUID);
    return id;
  });
  return job;
}
