import assert from 'node:assert/strict';
import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_NOTIFY,
  BITS_JOB_PROPERTY_ID,
  BITS_JOB_TRANSFER_POLICY,
  DOJobPropertyId,
} from 'haulyard';
import { refusal } from './report.ts';
import { type Scene, stateName } from './scene.ts';

const ALL_EVENTS =
  BG_NOTIFY.JOB_TRANSFERRED |
  BG_NOTIFY.JOB_ERROR |
  BG_NOTIFY.JOB_MODIFICATION |
  BG_NOTIFY.FILE_TRANSFERRED;

/** The getters and setters of a job that has no file yet. */
export async function checkJobProperties(scene: Scene): Promise<void> {
  await checkWhatItIs(scene);
  await checkPriorityAndTimeout(scene);
  await checkNotifications(scene);
  await checkCompanions(scene);
}

async function checkWhatItIs({ report, job }: Scene): Promise<void> {
  await report.check('IBackgroundCopyJob.getDisplayName', async () => {
    assert.equal(await job.getDisplayName(), 'every method');
    return 'every method';
  });
  await report.check('IBackgroundCopyJob.getType', async () => {
    assert.equal(await job.getType(), BG_JOB_TYPE.DOWNLOAD);
    return 'DOWNLOAD';
  });
  await report.check('IBackgroundCopyJob.getState', async () => {
    assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
    return stateName(await job.getState());
  });
}

async function checkPriorityAndTimeout({ report, job }: Scene): Promise<void> {
  await report.check('IBackgroundCopyJob.getNoProgressTimeout', async () => {
    assert.equal(await job.getNoProgressTimeout(), 86_400);
    return '86400 s, the default of a background job';
  });
  await report.check('IBackgroundCopyJob.getPriority', async () => {
    assert.equal(await job.getPriority(), BG_JOB_PRIORITY.NORMAL);
    return 'NORMAL';
  });
  await report.check('IBackgroundCopyJob.setPriority', async () => {
    await job.setPriority(BG_JOB_PRIORITY.FOREGROUND);
    assert.equal(await job.getPriority(), BG_JOB_PRIORITY.FOREGROUND);
    assert.equal(await job.getNoProgressTimeout(), 3_600);
    const bad = await refusal('E_NOTIMPL', () => job.setPriority(4 as BG_JOB_PRIORITY));
    return `FOREGROUND, and the default timeout is 3600 s now; 4: ${bad}`;
  });
  await report.check('IBackgroundCopyJob.setNoProgressTimeout', async () => {
    await job.setNoProgressTimeout(120);
    assert.equal(await job.getNoProgressTimeout(), 120);
    return `120 s; -1: ${await refusal('E_INVALIDARG', () => job.setNoProgressTimeout(-1))}`;
  });
}

async function checkNotifications({ report, job, heard }: Scene): Promise<void> {
  await report.check('IBackgroundCopyJob.getNotifyFlags', async () => {
    assert.equal(await job.getNotifyFlags(), BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR);
    return 'JOB_TRANSFERRED | JOB_ERROR, the default';
  });
  await report.check('IBackgroundCopyJob.setNotifyFlags', async () => {
    await job.setNotifyFlags(ALL_EVENTS);
    assert.equal(await job.getNotifyFlags(), ALL_EVENTS);
    return `0x${ALL_EVENTS.toString(16)}; 0x40: ${await refusal('E_NOTIMPL', () => job.setNotifyFlags(0x40))}`;
  });
  await report.check('IBackgroundCopyJob.setNotifyInterface', async () => {
    const bad = await refusal('E_NOINTERFACE', () => job.setNotifyInterface({} as typeof heard));
    await job.setNotifyInterface(null);
    await job.setNotifyInterface(heard);
    return `registered; an object without the methods: ${bad}`;
  });
  await report.check('IBackgroundCopyJob.getNotifyInterface', async () => {
    assert.equal(await job.getNotifyInterface(), heard);
    return 'the object registered';
  });
}

async function checkCompanions({ report, job }: Scene): Promise<void> {
  await report.check('IBackgroundCopyJob5.getProperty', async () => {
    const flags = await job.getProperty(BITS_JOB_PROPERTY_ID.COST_FLAGS);
    assert.equal(flags, BITS_JOB_TRANSFER_POLICY.ALWAYS);
    const unsupported = await refusal('E_NOTIMPL', () =>
      job.getProperty(BITS_JOB_PROPERTY_ID.DYNAMIC_CONTENT),
    );
    const unknown = await refusal('DO_E_UNKNOWN_PROPERTY_ID', () => job.getProperty(99));
    return `COST_FLAGS ALWAYS; 3: ${unsupported}; 99: ${unknown}`;
  });
  await report.check('IBackgroundCopyJob5.setProperty', async () => {
    const { COST_FLAGS, NOTIFICATION_CLSID } = BITS_JOB_PROPERTY_ID;
    await job.setProperty(COST_FLAGS, BITS_JOB_TRANSFER_POLICY.NOT_ROAMING);
    assert.equal(await job.getProperty(COST_FLAGS), BITS_JOB_TRANSFER_POLICY.NOT_ROAMING);
    const clsid = '5b99fa76-721c-423c-adac-56d03c8a8007';
    await job.setProperty(NOTIFICATION_CLSID, clsid.toUpperCase());
    assert.equal(await job.getProperty(NOTIFICATION_CLSID), clsid);
    return 'COST_FLAGS NOT_ROAMING and a NOTIFICATION_CLSID';
  });
  await report.check('IDeliveryOptimizationJob2.getProperty', async () => {
    assert.equal(await job.getDOProperty(DOJobPropertyId.ExtendedErrorInfo), '');
    return `no ExtendedErrorInfo yet; 1: ${await refusal('DO_E_UNKNOWN_PROPERTY_ID', () => job.getDOProperty(1))}`;
  });
  await report.check('IDeliveryOptimizationJob2.setProperty', async () => {
    const { ExtendedErrorInfo } = DOJobPropertyId;
    return await refusal('DO_E_READ_ONLY_PROPERTY', () => job.setDOProperty(ExtendedErrorInfo, ''));
  });
  await report.check('setCustomHeaders', async () => {
    await job.setCustomHeaders('X-Example: every method\r\n');
    const own = await refusal('E_INVALIDARG', () => job.setCustomHeaders('Range: bytes=0-1\r\n'));
    return `stored; a field of the engine's own: ${own}`;
  });
  await report.check('getCustomHeaders', async () => {
    const headers = await job.getCustomHeaders();
    assert.equal(headers?.trim(), 'X-Example: every method');
    return headers.trim();
  });
  await report.check('getLastFailure', async () => {
    assert.equal(await job.getLastFailure(), null);
    return 'null: nothing has failed';
  });
}
