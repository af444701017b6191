import { codeInfo, type CodeInfo } from '../../core/codes.ts';
import type { Representation } from '../../core/http/representation.ts';
import type { FileDigest, IntegrityProperties } from '../../core/job/file.ts';
import type { TransferFailure } from '../../core/job/failure.ts';
import type { FileRanges } from '../../core/piece/file-ranges.ts';
import { BadRecord, Fields } from './fields.ts';

/** What each JSON column holds, checked; members that are not known are passed over. */

export function failureFromJson(value: unknown): TransferFailure {
  const fields = Fields.ofJson(value, 'last_failure');
  return {
    kind: fields.oneOf('kind', ['fatal', 'transient', 'policy']),
    code: codeName(fields.text('code')),
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

function codeName(text: string): CodeInfo['name'] {
  const { name } = codeInfo(text as CodeInfo['name']);
  if (name !== text) throw new BadRecord('last_failure.code is not known');
  return name;
}

/** Ranges as `[[offset, length], …]`, where a length of null means up to the end. */
export function rangesToJson(ranges: FileRanges): string {
  return JSON.stringify(ranges.map(({ offset, length }) => [offset, length ?? null]));
}

export function rangesFromJson(value: unknown): FileRanges {
  if (!Array.isArray(value)) throw new BadRecord('ranges is not a list');
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new BadRecord('ranges has a bad entry');
    const fields = new Fields({ offset: pair[0], length: pair[1] }, 'ranges.');
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
