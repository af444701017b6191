import { BG_JOB_PRIORITY, BG_JOB_TYPE } from '../core/constants.ts';
import type { DeliveryOptimizationError } from '../core/errors.ts';
import { parseCustomHeaders } from '../core/http/custom-headers.ts';
import type { Job } from '../core/job/job.ts';
import { identified, checkFiles } from './add-files.ts';
import type { Beginning, Engine } from './engine.ts';
import { assertFetchable } from './job-calls.ts';
import type { LiveJob } from './live-job.ts';
import {
  checkClsid,
  checkDisplayName,
  checkMember,
  checkRate,
  checkString,
  checkUnsigned32,
  invalidArgument,
} from '../core/validate/arguments.ts';
import type { FileArguments } from './validate/file-arguments.ts';
import { checkNotifyFlags } from '../core/validate/notification-arguments.ts';

/** A job as it is wanted, made and filled in one call. Nothing in it has been checked. */
export interface WantedJob {
  readonly displayName: unknown;
  readonly type?: unknown;
  readonly priority?: unknown;
  readonly files?: readonly FileArguments[];
  readonly customHeaders?: unknown;
  readonly maxBytesPerSecond?: unknown;
  readonly notifyFlags?: unknown;
  readonly costFlags?: unknown;
  readonly noProgressTimeoutSeconds?: unknown;
  readonly notificationClsid?: unknown;
  readonly resume?: boolean;
}

/** Makes a job with all it is to have, in one transaction; a refused argument leaves nothing behind. */
export async function createJob(
  engine: Engine,
  wanted: WantedJob,
  owner: string,
  answers?: Beginning['answers'],
): Promise<LiveJob> {
  engine.assertOpen();
  const job = {
    owner,
    displayName: checkDisplayName(wanted.displayName),
    type: checkMember(wanted.type ?? BG_JOB_TYPE.DOWNLOAD, BG_JOB_TYPE, 'BG_JOB_TYPE'),
    priority: checkMember(
      wanted.priority ?? BG_JOB_PRIORITY.NORMAL,
      BG_JOB_PRIORITY,
      'BG_JOB_PRIORITY',
    ),
  };
  const properties = checkProperties(wanted);
  const customHeaders =
    wanted.customHeaders === undefined ? undefined : checkHeaders(wanted.customHeaders);
  const files = await checkFiles(
    engine.partialsOf({ owner, download: undefined }),
    0,
    wanted.files ?? [],
  );
  engine.assertOpen();
  return engine.createJob(job, {
    files: (id) => {
      const made = identified(id, 0, () => false, files);
      if (wanted.resume === true) for (const file of made) assertFetchable(file);
      return made;
    },
    properties: { ...properties, resumed: wanted.resume === true },
    resumed: wanted.resume === true,
    ...(customHeaders === undefined ? {} : { customHeaders }),
    ...(answers === undefined ? {} : { answers }),
  });
}

function checkProperties(wanted: WantedJob): Partial<Job> {
  const { notifyFlags, costFlags, noProgressTimeoutSeconds, notificationClsid } = wanted;
  return {
    ...(notifyFlags === undefined ? {} : { notifyFlags: checkNotifyFlags(notifyFlags) }),
    ...(costFlags === undefined ? {} : { costFlags: checkUnsigned32(costFlags, 'costFlags') }),
    ...(noProgressTimeoutSeconds === undefined
      ? {}
      : {
          noProgressTimeoutSeconds: checkUnsigned32(
            noProgressTimeoutSeconds,
            'noProgressTimeoutSeconds',
          ),
        }),
    ...(notificationClsid === undefined
      ? {}
      : { notificationClsid: checkClsid(notificationClsid) }),
    ...(wanted.maxBytesPerSecond === undefined
      ? {}
      : { maxBytesPerSecond: checkRate(wanted.maxBytesPerSecond, 'maxBytesPerSecond') }),
  };
}

function checkHeaders(value: unknown): string {
  const headers = checkString(value, 'customHeaders');
  parseCustomHeaders(headers);
  return headers;
}

/** The same key was used for another request. */
export function keyReused(key: string): DeliveryOptimizationError {
  return invalidArgument(
    `The Idempotency-Key ${JSON.stringify(key)} was used for another request; give each request a key of its own.`,
  );
}
