import { DOFilePropertyId } from '../core/constants.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import { recount, type JobFile } from '../core/job/file.ts';
import type { PartialFiles } from '../ports/partial-files.ts';
import type { Engine } from './engine.ts';
import type { LiveJob } from './live-job.ts';
import { checkString, describe, invalidArgument } from '../core/validate/arguments.ts';
import { checkFileSize } from './validate/file-arguments.ts';

/** Gives a file another URL, for the next request and, from Resume on, for good. */
export function setRemoteName(
  engine: Engine,
  live: LiveJob,
  index: number,
  check: () => string,
): void {
  engine.assertChangeable(live, 'SetRemoteName');
  const url = check();
  engine.call(live, { call: 'setRemoteName' });
  const file = live.files[index]!;
  // Bytes that are here stay what they are (table A).
  if (file.done) return;
  live.setFile({ ...file, pendingRemoteName: url });
  engine.jobs.review(live);
}

/** Sets a property of IDeliveryOptimizationFile2. */
export async function setFileProperty(
  engine: Engine,
  live: LiveJob,
  index: number,
  id: number,
  value: unknown,
): Promise<void> {
  engine.assertChangeable(live, 'SetProperty');
  if (!Object.values<unknown>(DOFilePropertyId).includes(id)) {
    throw new DeliveryOptimizationError(
      'DO_E_UNKNOWN_PROPERTY_ID',
      `There is no file property ${describe(id)}.`,
    );
  }
  const before = live.files[index]!;
  const givesSink = id === DOFilePropertyId.DownloadSinkFilePath && before.localName === undefined;
  if (live.job.resumed && !givesSink) {
    throw new DeliveryOptimizationError(
      'DO_E_INVALID_STATE',
      `Job ${live.id} has been resumed: its files' properties are fixed.`,
    );
  }
  const after = await changed(engine.partialsOf(live.job), before, id, value);
  engine.call(live, { call: 'setFileProperty', files: recount(live.job.files, before, after) }, [
    after,
  ]);
}

async function changed(
  partials: PartialFiles,
  file: JobFile,
  id: number,
  value: unknown,
): Promise<JobFile> {
  switch (id) {
    case DOFilePropertyId.DownloadSinkFilePath: {
      const localName = checkString(value, 'DownloadSinkFilePath');
      if (file.localName !== undefined && file.localName !== localName) {
        throw new DeliveryOptimizationError(
          'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
          `File ${file.fileId} goes to ${file.localName} already.`,
        );
      }
      await partials.checkTarget(localName);
      return { ...file, localName };
    }
    case DOFilePropertyId.TotalSizeBytes: {
      const size = checkFileSize(value);
      if (size === undefined)
        throw invalidArgument(`TotalSizeBytes must be a number of bytes, not ${describe(value)}.`);
      const { expectedSizeBytes: _old, ...rest } = file;
      return {
        ...rest,
        expectedSizeBytes: size,
        ...(file.ranges.length === 0 ? { sizeBytes: size } : {}),
      };
    }
    case DOFilePropertyId.IntegrityCheckMandatory:
      if (typeof value !== 'boolean')
        throw invalidArgument(`IntegrityCheckMandatory must be a boolean, not ${describe(value)}.`);
      return { ...file, integrity: { ...file.integrity, integrityCheckMandatory: value } };
    case DOFilePropertyId.IntegrityCheckInfo:
      return { ...file, integrity: { ...file.integrity, integrityCheckInfo: checkJson(value) } };
    case DOFilePropertyId.DownloadSinkMemoryStream:
      throw new DeliveryOptimizationError(
        'DO_E_MEMORYSTREAM_DOWNLOAD_NOT_SUPPORTED',
        'Files are fetched to disk: set DownloadSinkFilePath instead.',
      );
    default:
      throw new DeliveryOptimizationError(
        'E_NOTIMPL',
        `File property ${describe(id)} is not offered by this version.`,
      );
  }
}

const MAX_JSON_CHARACTERS = 65_536;

function checkJson(value: unknown): string {
  const text = checkString(value, 'IntegrityCheckInfo');
  if (text.length > MAX_JSON_CHARACTERS) {
    throw invalidArgument(
      `IntegrityCheckInfo has ${text.length} characters; at most ${MAX_JSON_CHARACTERS} are allowed.`,
    );
  }
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new DeliveryOptimizationError('E_INVALIDARG', 'IntegrityCheckInfo is not valid JSON.', {
      cause,
    });
  }
  return text;
}
