import { BG_JOB_STATE, BITS_JOB_PROPERTY_ID } from '../core/constants.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import { parseCustomHeaders } from '../core/http/custom-headers.ts';
import { remoteNameInForce, type JobFile } from '../core/job/file.ts';
import type { Engine } from './engine.ts';
import type { LiveJob } from './live-job.ts';
import { checkClsid, checkString, checkUnsigned32 } from '../core/validate/arguments.ts';

/** Starts, continues or retries a job, and makes its changed URLs last. */
export function resumeJob(engine: Engine, live: LiveJob): void {
  engine.assertChangeable(live, 'Resume');
  for (const file of live.files) assertFetchable(file);
  const renamed = live.files
    .filter((file) => file.pendingRemoteName !== undefined)
    .map(({ pendingRemoteName, ...file }): JobFile => ({
      ...file,
      remoteName: pendingRemoteName!,
    }));
  const { state, lastFailure } = live.job;
  engine.call(live, { call: 'resume' }, renamed);
  live.forgetAttempts();
  if (state === BG_JOB_STATE.ERROR && lastFailure?.code === 'DO_E_HTTP_BLOCKSIZE_MISMATCH') {
    live.noteContradiction(lastFailure.fileIndex);
    engine.jobs.review(live);
  }
  engine.scheduler.admit(live);
}

/** Throws what Resume refuses a file for. */
export function assertFetchable(file: JobFile): void {
  // A missing sink is the refusal of the step itself, and comes first (J-9).
  if (file.done || file.localName === undefined) return;
  if (remoteNameInForce(file) === '') {
    throw new DeliveryOptimizationError(
      'DO_E_DOWNLOAD_NO_URI',
      `File ${file.fileId} has no URL: set it with setRemoteName.`,
    );
  }
  if (file.integrity.integrityCheckMandatory !== true) return;
  if (file.integrity.integrityCheckInfo === undefined) {
    throw new DeliveryOptimizationError(
      'DO_E_INTEGRITYCHECKINFO_UNSPECIFIED',
      `File ${file.fileId} demands an integrity check and has no IntegrityCheckInfo.`,
    );
  }
  throw new DeliveryOptimizationError(
    'E_NOTIMPL',
    `File ${file.fileId} demands a check of its pieces, which this version does not offer; a digest of the whole file is checked.`,
  );
}

/** Stops a job and waits until nothing of it is written any more. */
export async function suspendJob(engine: Engine, live: LiveJob): Promise<void> {
  engine.call(live, { call: 'suspend' });
  await live.stopping;
}

export function setJobProperty(
  engine: Engine,
  live: LiveJob,
  id: number,
  value: unknown,
  refusal: (id: unknown) => DeliveryOptimizationError,
): void {
  switch (id) {
    case BITS_JOB_PROPERTY_ID.COST_FLAGS:
      engine.call(live, { call: 'setCostFlags', costFlags: checkUnsigned32(value, 'COST_FLAGS') });
      return;
    case BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID:
      engine.call(live, { call: 'setNotificationClsid', clsid: checkClsid(value) });
      return;
    default:
      throw refusal(id);
  }
}

export function setCustomHeaders(engine: Engine, live: LiveJob, headers: string | null): void {
  engine.assertChangeable(live, 'SetCustomHeaders');
  if (headers !== null) parseCustomHeaders(checkString(headers, 'headers'));
  engine.ports.store.saveCustomHeaders(live.id, headers ?? undefined);
  live.customHeadersChanged();
  engine.call(live, { call: 'setCustomHeaders' });
}
