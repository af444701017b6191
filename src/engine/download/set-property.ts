import { DODownloadProperty } from '../../core/constants.ts';
import {
  checkPropertyValue,
  settableProperty,
  type CheckedProperty,
} from '../../core/download/check-property.ts';
import type { DownloadPropertyRow } from '../../core/download/properties.ts';
import { NEW_DOWNLOAD } from '../../core/download/record.ts';
import { downloadState } from '../../core/download/status.ts';
import { traitsOf } from '../../core/download/traits.ts';
import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../../core/errors.ts';
import type {
  DownloadPropertyValue,
  DownloadStream,
  IDODownload,
} from '../../core/interfaces/download.ts';
import type { JobFile } from '../../core/job/file.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import { memoryOf } from './memory-of.ts';
import { AUTH_HEADERS_SECRET, SECURITY_CONTEXT_SECRET } from './secrets.ts';
import { watchStatus } from './watch-status.ts';

/** Sets a property: id, access and state first, then the type and the bounds of the value. */
export async function setDownloadProperty(
  engine: Engine,
  live: LiveJob,
  id: unknown,
  value: DownloadPropertyValue,
  download: IDODownload,
): Promise<void> {
  const row = settableProperty(id, downloadState(live.job));
  const checked = checkPropertyValue(row, value);
  if (row.id === DODownloadProperty.LocalPath && checked.kind === 'plain')
    await checkPath(engine, live, String(checked.value));
  // Looking at the path took a while, and the download may have been started meanwhile.
  settableProperty(id, downloadState(live.job));
  switch (checked.kind) {
    case 'callback':
      watchStatus(engine, live, checked.value, download);
      return;
    case 'stream':
      setStream(engine, live, checked.value);
      return;
    case 'bytes':
      engine.ports.store.saveSecret(live.id, SECURITY_CONTEXT_SECRET, hexOf(checked.value));
      return;
    case 'plain':
      setPlain(engine, live, row, checked);
      return;
  }
}

function setPlain(
  engine: Engine,
  live: LiveJob,
  row: DownloadPropertyRow,
  { value }: Extract<CheckedProperty, { kind: 'plain' }>,
): void {
  const { store } = engine.ports;
  const record = live.job.download ?? NEW_DOWNLOAD;
  switch (row.id) {
    case DODownloadProperty.HttpCustomHeaders:
      store.saveCustomHeaders(live.id, value === '' ? undefined : String(value));
      live.customHeadersChanged();
      engine.call(live, { call: 'setCustomHeaders' });
      return;
    case DODownloadProperty.HttpCustomAuthHeaders:
      store.saveSecret(live.id, AUTH_HEADERS_SECRET, value === '' ? undefined : String(value));
      memoryOf(live).credentials = undefined;
      engine.call(live, { call: 'setCustomHeaders' });
      return;
    default: {
      const properties =
        row.home === 'job' ? record.properties : { ...record.properties, [row.id]: value };
      const traits = traitsOf(row.id, value);
      engine.call(
        live,
        {
          call: 'setDownload',
          download: { ...record, properties },
          ...(traits === undefined ? {} : { traits }),
        },
        row.id === DODownloadProperty.Uri ? filesAt(live, String(value)) : [],
      );
    }
  }
}

/** The file under its new URL: the bytes are kept, and the validators decide what they are worth. */
function filesAt(live: LiveJob, uri: string): readonly JobFile[] {
  // Back-off and what earlier answers taught are about the old URL, and so is its wish for credentials.
  live.forgetAttempts();
  memoryOf(live).credentials = undefined;
  const [file] = live.files;
  return file === undefined ? [] : [{ ...file, remoteName: uri }];
}

async function checkPath(engine: Engine, live: LiveJob, path: string): Promise<void> {
  if (memoryOf(live).stream !== undefined) throw sinkTaken(live, 'a stream');
  try {
    await engine.partialsOf(live.job).checkTarget(path);
  } catch (error) {
    // A directory that is missing is made by the start.
    if (isDeliveryOptimizationError(error) && error.code === 'ERROR_PATH_NOT_FOUND') return;
    throw error;
  }
}

function setStream(engine: Engine, live: LiveJob, stream: DownloadStream | null): void {
  const memory = memoryOf(live);
  const { LocalPath } = DODownloadProperty;
  if (stream !== null && live.job.download?.properties[LocalPath] !== undefined)
    throw sinkTaken(live, 'a file');
  if (stream !== null && memory.stream !== undefined && memory.stream !== stream)
    throw sinkTaken(live, 'another stream');
  memory.stream = stream ?? undefined;
  engine.jobs.review(live);
}

function sinkTaken(live: LiveJob, what: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
    `Download ${live.id} goes to ${what} already.`,
  );
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
