import { codeInfo, type CodeInfo } from '../../core/codes.ts';
import type { DownloadRecord } from '../../core/download/record.ts';
import type { Representation } from '../../core/http/representation.ts';
import type { FileDigest, IntegrityProperties } from '../../core/job/file.ts';
import type { TransferFailure } from '../../core/job/failure.ts';
import type { FileRanges } from '../../core/piece/file-ranges.ts';
import { BadRecord, Fields } from './fields.ts';

/** What each JSON column holds, checked; members that are not known are passed over. */

export function failureFromJson(value: unknown, name = 'last_failure'): TransferFailure {
  const fields = Fields.ofJson(value, name);
  return {
    kind: fields.oneOf('kind', ['fatal', 'transient', 'policy']),
    code: codeName(fields.text('code'), name),
    hresult: fields.integer('hresult'),
    message: fields.text('message'),
    ...present('extendedHresult', fields.optionalInteger('extendedHresult')),
    ...present('httpStatus', fields.optionalInteger('httpStatus')),
    ...present('url', fields.optionalText('url')),
    ...present('retryAfterMs', fields.optionalInteger('retryAfterMs')),
    ...present('fileIndex', fields.optionalCount('fileIndex')),
  };
}

export function representationFromJson(value: unknown): Representation {
  const fields = Fields.ofJson(value, 'representation');
  return {
    ...present('sizeBytes', fields.optionalCount('sizeBytes')),
    ...present('entityTag', fields.optionalText('entityTag')),
    ...present('lastModified', fields.optionalText('lastModified')),
    lastModifiedStrong: fields.flag('lastModifiedStrong'),
    ...present('contentEncoding', fields.optionalText('contentEncoding')),
    acceptsRanges: fields.oneOf('acceptsRanges', ['bytes', 'none', 'unknown']),
    url: fields.text('url'),
  };
}

export function digestFromJson(value: unknown): FileDigest {
  const fields = Fields.ofJson(value, 'digest');
  const hex = fields.text('hex');
  if (!/^[0-9a-f]+$/.test(hex)) throw new BadRecord('digest.hex is not hexadecimal');
  return { algorithm: fields.oneOf('algorithm', ['sha-256', 'sha-512']), hex };
}

export function integrityFromJson(value: unknown): IntegrityProperties {
  const fields = Fields.ofJson(value, 'integrity');
  return {
    ...present('integrityCheckInfo', fields.optionalText('integrityCheckInfo')),
    ...present('integrityCheckMandatory', fields.optionalFlag('integrityCheckMandatory')),
  };
}

function codeName(text: string, where: string): CodeInfo['name'] {
  const { name } = codeInfo(text as CodeInfo['name']);
  if (name !== text) throw new BadRecord(`${where}.code is not known`);
  return name;
}

export function downloadToJson({ ranges, ...download }: DownloadRecord): string {
  return JSON.stringify({ ...download, ranges: rangePairs(ranges) });
}

export function downloadFromJson(value: unknown): DownloadRecord {
  const fields = Fields.ofJson(value, 'download');
  return {
    started: fields.flag('started'),
    properties: propertiesFromJson(fields.member('properties')),
    ranges: rangesFromJson(fields.member('ranges'), 'download.ranges'),
    streams: fields.flag('streams'),
  };
}

function propertiesFromJson(value: unknown): DownloadRecord['properties'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRecord('download.properties is not an object');
  }
  for (const property of Object.values(value)) {
    if (!['string', 'number', 'boolean'].includes(typeof property)) {
      throw new BadRecord('download.properties has a value that is no property');
    }
  }
  return value as DownloadRecord['properties'];
}

/** Ranges as `[[offset, length], …]`, where a length of null means up to the end. */
export function rangesToJson(ranges: FileRanges): string {
  return JSON.stringify(rangePairs(ranges));
}

function rangePairs(ranges: FileRanges): readonly (readonly [number, number | null])[] {
  return ranges.map(({ offset, length }) => [offset, length ?? null]);
}

export function rangesFromJson(value: unknown, name = 'ranges'): FileRanges {
  if (!Array.isArray(value)) throw new BadRecord(`${name} is not a list`);
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new BadRecord(`${name} has a bad entry`);
    const fields = new Fields({ offset: pair[0], length: pair[1] }, `${name}.`);
    return { offset: fields.count('offset'), length: fields.optionalCount('length') };
  });
}

/** A member for an object literal: `{}` when there is no value, since absent is not undefined. */
export function present<K extends string, V>(
  key: K,
  value: V | undefined,
): { readonly [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: V };
}
