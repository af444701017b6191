import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import {
  BG_ERROR_CONTEXT,
  BG_JOB_STATE,
  BG_JOB_TYPE,
  DOJobPropertyId,
  HRESULT,
  type IBackgroundCopyError,
  S_OK,
} from 'haulyard';
import { Heard } from './heard.ts';
import { refusal } from './report.ts';
import { type Scene, waitFor } from './scene.ts';

const NOT_FOUND = HRESULT.HTTP_E_STATUS_NOT_FOUND;

/** A second job, for a file that the server does not have. */
export async function checkFailure({ report, manager, url, path }: Scene): Promise<void> {
  const missing = new URL('no-such-file-beside-it.bin', url).href;
  const heard = new Heard();
  const job = await manager.createJob('a failure', BG_JOB_TYPE.DOWNLOAD);
  await job.addFile(missing, path('missing.bin'));
  await job.setNotifyInterface(heard);
  let error: IBackgroundCopyError | undefined;

  await report.check('IBackgroundCopyCallback.jobError', async () => {
    await refusal('DO_E_ERROR_INFORMATION_UNAVAILABLE', () => job.getError());
    await job.resume();
    error = await waitFor('jobError', heard.failed.promise);
    assert.equal(await job.getState(), BG_JOB_STATE.ERROR);
    return 'ERROR';
  });
  await report.check('IBackgroundCopyJob.getError', async () => {
    const same = await job.getError();
    assert.deepEqual(await same.getError(), await error?.getError());
    return 'the same error as jobError was told';
  });
  await report.check('IBackgroundCopyError.getError', async () => {
    const told = await error?.getError();
    assert.deepEqual(told, { context: BG_ERROR_CONTEXT.NONE, code: NOT_FOUND });
    return `context NONE, code 0x${NOT_FOUND.toString(16)}`;
  });
  await report.check('IBackgroundCopyError.getFile', async () => {
    const file = await error?.getFile();
    assert.equal(await file?.getRemoteName(), missing);
    return 'the file that is missing';
  });
  await report.check('IBackgroundCopyError.getErrorDescription', async () => {
    const sentence = (await error?.getErrorDescription()) ?? '';
    assert.match(sentence, /404/);
    return sentence;
  });
  await report.check('ExtendedErrorInfo and getLastFailure of a failed job', async () => {
    const info: unknown = JSON.parse(await job.getDOProperty(DOJobPropertyId.ExtendedErrorInfo));
    assert.partialDeepStrictEqual(info, { HResult: NOT_FOUND, HttpStatus: 404, Url: missing });
    const failure = await job.getLastFailure();
    assert.equal(failure?.code, 'HTTP_E_STATUS_NOT_FOUND');
    return failure.code;
  });
  await report.check('IBackgroundCopyJob.cancel', async () => {
    assert.equal(await job.cancel(), S_OK);
    assert.equal(await job.getState(), BG_JOB_STATE.CANCELLED);
    const left = (await readdir(path('.'))).filter((name) => name.endsWith('.haulyard-part'));
    assert.deepEqual(left, []);
    const again = await refusal('DO_E_INVALID_STATE', () => job.cancel());
    return `S_OK, CANCELLED, no partial file left; again: ${again}`;
  });
}
