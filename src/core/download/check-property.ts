import type { ErrorCode } from '../codes.ts';
import {
  DO_DOWNLOAD_SECURITY_FLAGS,
  DODownloadCostPolicy,
  DODownloadProperty,
  type DODownloadState,
} from '../constants.ts';
import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../errors.ts';
import { parseCustomHeaders } from '../http/custom-headers.ts';
import { checkRemoteUrl } from '../http/url.ts';
import type {
  DownloadPropertyValue,
  DownloadStream,
  IDODownloadStatusCallback,
} from '../interfaces/download.ts';
import { MAX_DISPLAY_NAME_CHARACTERS, MAX_FILE_ID_CHARACTERS } from '../limits.ts';
import { downloadStateName } from './calls.ts';
import { isCertificateContext } from './certificate-context.ts';
import { downloadProperty, type DownloadPropertyRow } from './properties.ts';

/** A value that may be set, with its kind. */
export type CheckedProperty =
  | { readonly kind: 'plain'; readonly value: string | number | boolean }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'callback'; readonly value: IDODownloadStatusCallback | null }
  | { readonly kind: 'stream'; readonly value: DownloadStream | null };

/** Shortest no-progress timeout (api.md 3.5), in seconds. */
export const MIN_NO_PROGRESS_SECONDS = 60;

/** Bytes of a client certificate context; a bound of our own. */
export const MAX_SECURITY_CONTEXT_BYTES = 65_536;

/** Characters of a JSON property, as for files of jobs. */
export const MAX_JSON_CHARACTERS = 65_536;

/** Characters of a local path: what Linux and the long form of Windows take at the most. */
export const MAX_LOCAL_PATH_CHARACTERS = 32_767;

/** Characters of a telemetry tag; a bound of our own. */
export const MAX_CORRELATION_VECTOR_CHARACTERS = 1_024;

const MAX_UINT32 = 0xffff_ffff;

const KNOWN_SECURITY_FLAGS = Object.values<number>(DO_DOWNLOAD_SECURITY_FLAGS).reduce(
  (mask, bit) => mask | bit,
  0,
);

/** The row of an id that may be read; DO_E_UNKNOWN_PROPERTY_ID or DO_E_WRITE_ONLY_PROPERTY. */
export function readableProperty(id: unknown): DownloadPropertyRow {
  const row = knownProperty(id);
  if (row.access !== 'write') return row;
  throw new DeliveryOptimizationError('DO_E_WRITE_ONLY_PROPERTY', `${row.name} cannot be read.`);
}

/**
 * The row of an id that may be set in a state; DO_E_UNKNOWN_PROPERTY_ID, DO_E_READ_ONLY_PROPERTY or
 * DO_E_INVALID_STATE, in this order and before any look at the value.
 */
export function settableProperty(id: unknown, state: DODownloadState): DownloadPropertyRow {
  const row = knownProperty(id);
  if (row.access === 'read') {
    throw new DeliveryOptimizationError('DO_E_READ_ONLY_PROPERTY', `${row.name} cannot be set.`);
  }
  if (row.settableIn.includes(state)) return row;
  const states = row.settableIn.map(downloadStateName).join(', ');
  throw new DeliveryOptimizationError(
    'DO_E_INVALID_STATE',
    `${row.name} cannot be set while the download is ${downloadStateName(state)}; it can while it is ${states}.`,
  );
}

/** The value, of the right type and within its bounds; E_INVALIDARG and the codes of api.md 3.5. */
export function checkPropertyValue(
  row: DownloadPropertyRow,
  value: DownloadPropertyValue,
): CheckedProperty {
  switch (row.kind) {
    case 'text':
      if (typeof value !== 'string') throw wrongType(row, 'a string', value);
      return { kind: 'plain', value: checkText(row, value) };
    case 'uint32':
      return { kind: 'plain', value: checkNumber(row, integer(row, value, MAX_UINT32)) };
    case 'uint64':
      return { kind: 'plain', value: integer(row, value, Number.MAX_SAFE_INTEGER) };
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(row, 'a boolean', value);
      return { kind: 'plain', value };
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw wrongType(row, 'a Uint8Array', value);
      return { kind: 'bytes', value: checkCertificate(value) };
    case 'callback':
      if (value !== null && !hasMethod(value, 'onStatusChange'))
        throw wrongType(row, 'an object with a method onStatusChange, or null', value);
      return { kind: 'callback', value: value as IDODownloadStatusCallback | null };
    case 'stream':
      if (value !== null && !hasMethod(value, 'write'))
        throw wrongType(row, 'an object with a method write, or null', value);
      return { kind: 'stream', value: value as DownloadStream | null };
  }
}

function knownProperty(id: unknown): DownloadPropertyRow {
  const row = downloadProperty(id);
  if (row !== undefined) return row;
  const shown = typeof id === 'number' ? String(id) : `of type ${typeof id}`;
  throw new DeliveryOptimizationError(
    'DO_E_UNKNOWN_PROPERTY_ID',
    `There is no download property ${shown}.`,
  );
}

function checkText(row: DownloadPropertyRow, text: string): string {
  switch (row.id) {
    case DODownloadProperty.Uri:
      return checkUri(text);
    case DODownloadProperty.ContentId:
      return bounded(row, text, MAX_FILE_ID_CHARACTERS, 'DO_E_INVALID_CONTENT_ID');
    case DODownloadProperty.LocalPath:
      return bounded(row, text, MAX_LOCAL_PATH_CHARACTERS, 'E_INVALIDARG');
    case DODownloadProperty.DisplayName:
      return text === '' ? text : bounded(row, text, MAX_DISPLAY_NAME_CHARACTERS, 'E_INVALIDARG');
    case DODownloadProperty.CorrelationVector:
      return bounded(row, text, MAX_CORRELATION_VECTOR_CHARACTERS, 'E_INVALIDARG');
    case DODownloadProperty.HttpCustomHeaders:
    case DODownloadProperty.HttpCustomAuthHeaders:
      parseCustomHeaders(text);
      return text;
    case DODownloadProperty.IntegrityCheckInfo:
      return checkJson(row, text);
    case DODownloadProperty.DecryptionInfo:
      throw new DeliveryOptimizationError(
        'E_NOTIMPL',
        'This version does not decrypt what it downloads: leave DecryptionInfo unset and decrypt the finished file.',
      );
    default:
      return text;
  }
}

function checkUri(text: string): string {
  if (text === '') throw invalid('Uri must not be empty.');
  try {
    return checkRemoteUrl(text);
  } catch (error) {
    if (!isDeliveryOptimizationError(error)) throw error;
    // The same rules as for the files of a job, under the code of this family.
    throw new DeliveryOptimizationError('INET_E_INVALID_URL', error.message, { cause: error });
  }
}

function checkNumber(row: DownloadPropertyRow, number: number): number {
  switch (row.id) {
    case DODownloadProperty.CostPolicy:
      if (Object.values<number>(DODownloadCostPolicy).includes(number)) return number;
      throw invalid(`${number} is not a value of DODownloadCostPolicy.`);
    case DODownloadProperty.SecurityFlags:
      if ((number & ~KNOWN_SECURITY_FLAGS) === 0) return number;
      throw invalid(
        `0x${number.toString(16)} has bits that are not in DO_DOWNLOAD_SECURITY_FLAGS.`,
      );
    case DODownloadProperty.CallbackFreqPercent:
      if (number >= 1 && number <= 100) return number;
      throw invalid(`CallbackFreqPercent must be from 1 to 100, not ${number}.`);
    case DODownloadProperty.NoProgressTimeoutSeconds:
      if (number >= MIN_NO_PROGRESS_SECONDS) return number;
      throw invalid(
        `NoProgressTimeoutSeconds must be at least ${MIN_NO_PROGRESS_SECONDS}, not ${number}.`,
      );
    default:
      return number;
  }
}

function checkJson(row: DownloadPropertyRow, text: string): string {
  bounded(row, text, MAX_JSON_CHARACTERS, 'E_INVALIDARG');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DeliveryOptimizationError('E_INVALIDARG', `${row.name} is not valid JSON.`, {
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text;
  throw invalid(`${row.name} must be a JSON object.`);
}

function checkCertificate(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_SECURITY_CONTEXT_BYTES) {
    throw invalid(
      `SecurityContext has ${bytes.length} bytes; at most ${MAX_SECURITY_CONTEXT_BYTES} are allowed.`,
    );
  }
  if (isCertificateContext(bytes)) return bytes;
  throw new DeliveryOptimizationError(
    'CRYPT_E_FILE_ERROR',
    'SecurityContext is not a serialized certificate context.',
  );
}

/** Neither empty nor too long, and without characters that no such text has. */
function bounded(row: DownloadPropertyRow, text: string, max: number, code: ErrorCode): string {
  if (text.length > 0 && text.length <= max && !text.includes('\0') && text.isWellFormed()) {
    return text;
  }
  const fault =
    text.length === 0
      ? 'must not be empty'
      : text.length > max
        ? `has ${text.length} characters; at most ${max} are allowed`
        : 'has a NUL character or half of a surrogate pair';
  throw new DeliveryOptimizationError(code, `${row.name} ${fault}.`);
}

function integer(row: DownloadPropertyRow, value: unknown, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max)
    return value;
  throw wrongType(row, `an integer from 0 to ${max}`, value);
}

function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === 'function'
  );
}

function wrongType(
  row: DownloadPropertyRow,
  wanted: string,
  value: unknown,
): DeliveryOptimizationError {
  const given =
    typeof value === 'number' ? String(value) : value === null ? 'null' : `a ${typeof value}`;
  return invalid(`${row.name} must be ${wanted}, not ${given}.`);
}

function invalid(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}
