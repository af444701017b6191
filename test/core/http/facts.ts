import assert from 'node:assert/strict';

import type { HeaderList } from '../../../src/core/http/fields.ts';
import {
  judgeResponse,
  type RequestFacts,
  type ResponseHead,
} from '../../../src/core/http/judge-response.ts';
import type { Representation } from '../../../src/core/http/representation.ts';

export const URL_A = 'https://origin.example/file.bin?key=secret';
export const NOW_MS: number = Date.UTC(2026, 0, 10, 12, 0, 0);
export const DATE = 'Sat, 10 Jan 2026 12:00:00 GMT';
export const OLD = 'Thu, 01 Jan 2026 00:00:00 GMT';
export const OTHER_OLD = 'Fri, 02 Jan 2026 00:00:00 GMT';

/** Header fields by name; `undefined` leaves one out. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** A name, what was asked, what was answered, and what {@link verdictOn} gives for it. */
export type Case = [name: string, request: Partial<RequestFacts>, fields: Fields, expected: object];

/** An answer with the given fields. */
export function head(status: number, fields: Fields = {}): ResponseHead {
  const headers: HeaderList = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { status, statusText: '', headers, url: URL_A };
}

export function facts(changes: Partial<RequestFacts> = {}): RequestFacts {
  return {
    url: URL_A,
    conditional: false,
    callerRanges: false,
    storedBytes: 0,
    restarts: 0,
    ...changes,
  };
}

/** A file of 100 bytes; everything else as little known as can be. */
export function known(changes: Partial<Representation> = {}): Representation {
  return {
    sizeBytes: 100,
    lastModifiedStrong: false,
    acceptsRanges: 'bytes',
    url: URL_A,
    ...changes,
  };
}

export const tagged: Representation = known({ entityTag: '"x"' });

/** A resume of `tagged` at 40 of 100 bytes. */
export const resume: Partial<RequestFacts> = {
  range: { start: 40 },
  conditional: true,
  known: tagged,
  storedBytes: 40,
};
export const plainResume: Partial<RequestFacts> = {
  ...resume,
  conditional: false,
  known: known({ entityTag: 'W/"x"' }),
};
export const callerRange: Partial<RequestFacts> = {
  range: { start: 40, end: 60 },
  callerRanges: true,
};

export const mismatch: object = {
  code: 'DO_E_HTTP_BLOCKSIZE_MISMATCH',
  failureClass: 'transient',
  inconsistent: true,
};
export const wrongSize: object = { code: 'DO_E_HTTP_BLOCKSIZE_MISMATCH', failureClass: 'fatal' };
export const badAnswer: object = {
  code: 'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
  failureClass: 'transient',
};
export const tooLarge: object = { code: 'ERROR_FILE_TOO_LARGE', failureClass: 'fatal' };

/** The parts of a verdict that decide, with an error as its code and class. */
export function verdictOn(request: Partial<RequestFacts>, status: number, fields: Fields): object {
  const verdict = judgeResponse(facts(request), head(status, fields), NOW_MS);
  switch (verdict.kind) {
    case 'failed': {
      const { code, failureClass } = verdict.error;
      assert.doesNotMatch(verdict.error.message, /secret/, 'queries are masked');
      return { code, failureClass, ...(verdict.inconsistent === true && { inconsistent: true }) };
    }
    case 'body':
    case 'restart':
    case 'changed':
    case 'complete': {
      const { representation: _seen, ...rest } = verdict;
      return rest;
    }
    case 'redirect':
    case 'challenge':
      return verdict;
  }
}
