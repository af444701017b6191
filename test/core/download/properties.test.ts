import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { DODownloadProperty, DODownloadState } from '../../../src/core/constants.ts';
import {
  checkPropertyValue,
  readableProperty,
  settableProperty,
} from '../../../src/core/download/check-property.ts';
import { DOWNLOAD_PROPERTIES, downloadProperty } from '../../../src/core/download/properties.ts';
import { readProperty } from '../../../src/core/download/read-property.ts';
import type { DownloadPropertyValue } from '../../../src/core/interfaces/download.ts';
import { fileOf, ID, JOB_OF_STATE } from './fixtures.ts';

const { Created, Transferring, Transferred, Paused } = DODownloadState;

const LETTERS = { C: Created, P: Paused, T: Transferring, X: Transferred } as const;

const callback = { onStatusChange(): void {} };
const stream = { write(): void {} };

/** One element: the id of the certificate, its encoding, 3 bytes, and the start of a DER sequence. */
const CERTIFICATE = new Uint8Array([32, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0x30, 1, 0]);

interface Row {
  /** R, W or RW. */
  readonly access: string;
  /** The letters of the column "settable in". */
  readonly settableIn: string;
  /** What GetProperty gives for a new download; undefined: E_NOT_SET, or not readable. */
  readonly initial?: DownloadPropertyValue;
  readonly good: readonly DownloadPropertyValue[];
  /** Each value with the code that refuses it. */
  readonly bad: readonly (readonly [unknown, string])[];
}

const TEXT: readonly (readonly [unknown, string])[] = [
  [5, 'E_INVALIDARG'],
  [null, 'E_INVALIDARG'],
  [undefined, 'E_INVALIDARG'],
  [{}, 'E_INVALIDARG'],
];
const UINT32: readonly (readonly [unknown, string])[] = [
  ['1', 'E_INVALIDARG'],
  [true, 'E_INVALIDARG'],
  [-1, 'E_INVALIDARG'],
  [1.5, 'E_INVALIDARG'],
  [Number.NaN, 'E_INVALIDARG'],
  [2 ** 32, 'E_INVALIDARG'],
];
const BOOLEAN: readonly (readonly [unknown, string])[] = [
  [1, 'E_INVALIDARG'],
  ['true', 'E_INVALIDARG'],
  [null, 'E_INVALIDARG'],
];
const HEADERS: readonly (readonly [unknown, string])[] = [
  ...TEXT,
  ['no colon', 'E_INVALIDARG'],
  ['Host: elsewhere', 'E_INVALIDARG'],
  ['Range: bytes=0-', 'E_INVALIDARG'],
];
const READ_ONLY: Row = { access: 'R', settableIn: '', good: [], bad: [] };

const ROWS: Readonly<Record<keyof typeof DODownloadProperty, Row>> = {
  Id: { ...READ_ONLY, initial: ID },
  Uri: {
    access: 'RW',
    settableIn: 'CP',
    good: ['http://host/file', 'https://host:8443/a?b=c#d'],
    bad: [
      ...TEXT,
      ['', 'E_INVALIDARG'],
      ['ftp://host/file', 'INET_E_INVALID_URL'],
      ['file', 'INET_E_INVALID_URL'],
      ['http:///file', 'INET_E_INVALID_URL'],
      ['http://host/a b', 'INET_E_INVALID_URL'],
      ['http://user:word@host/', 'INET_E_INVALID_URL'],
      [`http://host/${'a'.repeat(2_200)}`, 'INET_E_INVALID_URL'],
    ],
  },
  ContentId: {
    access: 'RW',
    settableIn: 'C',
    good: ['id', 'x'.repeat(1_024)],
    bad: [...TEXT, ['', 'DO_E_INVALID_CONTENT_ID'], ['x'.repeat(1_025), 'DO_E_INVALID_CONTENT_ID']],
  },
  DisplayName: {
    access: 'RW',
    settableIn: 'CP',
    good: ['', 'name', 'n'.repeat(256)],
    bad: [...TEXT, ['n'.repeat(257), 'E_INVALIDARG']],
  },
  LocalPath: {
    access: 'RW',
    settableIn: 'C',
    good: ['/data/file'],
    bad: [...TEXT, ['', 'E_INVALIDARG'], ['/data/\0', 'E_INVALIDARG'], ['/\ud800', 'E_INVALIDARG']],
  },
  HttpCustomHeaders: {
    access: 'RW',
    settableIn: 'CP',
    good: ['A: b\r\nC: d\r\n', ''],
    bad: HEADERS,
  },
  CostPolicy: {
    access: 'RW',
    settableIn: 'CPT',
    initial: 2,
    good: [0, 1, 2, 3, 4, 5],
    bad: [...UINT32, [6, 'E_INVALIDARG']],
  },
  SecurityFlags: {
    access: 'W',
    settableIn: 'C',
    good: [0, 1, 0x100, 0x3301],
    bad: [...UINT32, [2, 'E_INVALIDARG'], [0x8000, 'E_INVALIDARG']],
  },
  CallbackFreqPercent: {
    access: 'RW',
    settableIn: 'CPT',
    good: [1, 100],
    bad: [...UINT32, [0, 'E_INVALIDARG'], [101, 'E_INVALIDARG']],
  },
  CallbackFreqSeconds: {
    access: 'RW',
    settableIn: 'CPT',
    initial: 1,
    good: [0, 1, 0xffff_ffff],
    bad: UINT32,
  },
  NoProgressTimeoutSeconds: {
    access: 'RW',
    settableIn: 'CPTX',
    initial: 86_400,
    good: [60, 0xffff_ffff],
    bad: [...UINT32, [0, 'E_INVALIDARG'], [59, 'E_INVALIDARG']],
  },
  ForegroundPriority: {
    access: 'RW',
    settableIn: 'CPT',
    initial: false,
    good: [true, false],
    bad: BOOLEAN,
  },
  BlockingMode: {
    access: 'RW',
    settableIn: 'CP',
    initial: false,
    good: [true, false],
    bad: BOOLEAN,
  },
  CallbackInterface: {
    access: 'RW',
    settableIn: 'CPTX',
    good: [callback, null],
    bad: [
      [stream, 'E_INVALIDARG'],
      ['callback', 'E_INVALIDARG'],
      [undefined, 'E_INVALIDARG'],
      [{ onStatusChange: 1 }, 'E_INVALIDARG'],
    ],
  },
  StreamInterface: {
    access: 'RW',
    settableIn: 'C',
    good: [stream, null],
    bad: [
      [callback, 'E_INVALIDARG'],
      [1, 'E_INVALIDARG'],
    ],
  },
  SecurityContext: {
    access: 'W',
    settableIn: 'C',
    good: [CERTIFICATE],
    bad: [
      ['text', 'E_INVALIDARG'],
      [[1, 2], 'E_INVALIDARG'],
      [new Uint8Array(), 'CRYPT_E_FILE_ERROR'],
      [new Uint8Array([1, 2, 3]), 'CRYPT_E_FILE_ERROR'],
      [CERTIFICATE.subarray(0, 14), 'CRYPT_E_FILE_ERROR'],
      [new Uint8Array(65_537), 'E_INVALIDARG'],
    ],
  },
  NetworkToken: { access: 'W', settableIn: 'CP', good: [true, false], bad: BOOLEAN },
  CorrelationVector: {
    access: 'RW',
    settableIn: 'C',
    good: ['abc.1'],
    bad: [...TEXT, ['', 'E_INVALIDARG'], ['v'.repeat(1_025), 'E_INVALIDARG']],
  },
  DecryptionInfo: {
    access: 'W',
    settableIn: 'C',
    good: [],
    bad: [...TEXT, ['{"KeyData":"AA=="}', 'E_NOTIMPL']],
  },
  IntegrityCheckInfo: {
    access: 'W',
    settableIn: 'C',
    good: ['{"PiecesHashFileUrl":"http://host/hashes"}'],
    bad: [...TEXT, ['{', 'E_INVALIDARG'], ['5', 'E_INVALIDARG'], ['[]', 'E_INVALIDARG']],
  },
  IntegrityCheckMandatory: {
    access: 'RW',
    settableIn: 'C',
    initial: false,
    good: [true, false],
    bad: BOOLEAN,
  },
  TotalSizeBytes: {
    access: 'RW',
    settableIn: 'C',
    good: [0, 2 ** 40],
    bad: [
      ['1', 'E_INVALIDARG'],
      [-1, 'E_INVALIDARG'],
      [2 ** 53, 'E_INVALIDARG'],
    ],
  },
  DisallowOnCellular: {
    access: 'RW',
    settableIn: 'CPT',
    initial: false,
    good: [true, false],
    bad: BOOLEAN,
  },
  HttpCustomAuthHeaders: {
    access: 'W',
    settableIn: 'CP',
    good: ['Authorization: Bearer x', ''],
    bad: HEADERS,
  },
  HttpAllowSecureToNonSecureRedirect: {
    access: 'RW',
    settableIn: 'CP',
    initial: false,
    good: [true, false],
    bad: BOOLEAN,
  },
  NonVolatile: {
    access: 'RW',
    settableIn: 'C',
    initial: false,
    good: [true, false],
    bad: BOOLEAN,
  },
  HttpRedirectionTarget: READ_ONLY,
  HttpResponseHeaders: READ_ONLY,
  HttpServerIPAddress: READ_ONLY,
  HttpStatusCode: READ_ONLY,
};

test('there are thirty properties, numbered from 0', () => {
  assert.deepEqual(
    DOWNLOAD_PROPERTIES.map(({ id }) => id).sort((a, b) => a - b),
    Array.from({ length: 30 }, (_, id) => id),
  );
  assert.deepEqual(Object.keys(ROWS), Object.keys(DODownloadProperty));
});

for (const [name, row] of Object.entries(ROWS) as [keyof typeof ROWS, Row][]) {
  const id = DODownloadProperty[name];

  test(`${name} can be read when its access says so, and has its default at first`, () => {
    if (row.access === 'W') {
      assert.throws(() => readableProperty(id), { code: 'DO_E_WRITE_ONLY_PROPERTY' });
      return;
    }
    const found = readProperty(readableProperty(id), JOB_OF_STATE[Created], undefined, undefined);
    assert.equal(found, row.initial);
  });

  test(`${name} can be set in ${row.settableIn || 'no state'} alone`, () => {
    for (const state of Object.values(DODownloadState)) {
      const allowed = row.settableIn
        .split('')
        .some((letter) => LETTERS[letter as keyof typeof LETTERS] === state);
      if (allowed) assert.equal(settableProperty(id, state).name, name);
      else {
        const code = row.access === 'R' ? 'DO_E_READ_ONLY_PROPERTY' : 'DO_E_INVALID_STATE';
        assert.throws(() => settableProperty(id, state), { code });
      }
    }
  });

  test(`${name} takes values of its type and within its bounds`, () => {
    const definition = downloadProperty(id)!;
    for (const value of row.good)
      assert.deepEqual(checkPropertyValue(definition, value).value, value);
    for (const [value, code] of row.bad) {
      assert.throws(
        () => checkPropertyValue(definition, value as DownloadPropertyValue),
        { code },
        `${name} = ${String(value).slice(0, 40)}`,
      );
    }
  });
}

test('any id but the thirty is unknown, to reading and to setting', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 30 }), fc.integer({ max: -1 }), fc.anything()), (id) => {
      fc.pre(!(typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 30));
      assert.throws(() => readableProperty(id), { code: 'DO_E_UNKNOWN_PROPERTY_ID' });
      assert.throws(() => settableProperty(id, Created), { code: 'DO_E_UNKNOWN_PROPERTY_ID' });
    }),
  );
});

test('a refusal never repeats the text of a header or of a URL', () => {
  const secrets = [
    [DODownloadProperty.HttpCustomAuthHeaders, 'Host: hunter2'],
    [DODownloadProperty.Uri, 'http://name:hunter2@host/'],
  ] as const;
  for (const [id, value] of secrets) {
    assert.throws(
      () => checkPropertyValue(downloadProperty(id)!, value),
      (error: Error) => !error.message.includes('hunter2'),
    );
  }
});

test('the size the server gave is shown in place of the expected one', () => {
  const row = downloadProperty(DODownloadProperty.TotalSizeBytes)!;
  const job = JOB_OF_STATE[Paused];
  const expecting = {
    ...job,
    download: { ...job.download!, properties: { [DODownloadProperty.TotalSizeBytes]: 7 } },
  };
  assert.equal(readProperty(row, expecting, undefined, undefined), 7);
  assert.equal(readProperty(row, expecting, fileOf(), undefined), 1_000);
});

test('the last answer tells status, headers and where it came from', () => {
  const file = fileOf({ responseHeaders: 'HTTP/1.1 206 Partial Content\r\nA: b' });
  const read = (id: DODownloadProperty): unknown =>
    readProperty(downloadProperty(id)!, JOB_OF_STATE[Paused], file, { url: 'http://cdn/file' });
  assert.equal(read(DODownloadProperty.HttpStatusCode), 206);
  assert.equal(read(DODownloadProperty.HttpResponseHeaders), file.responseHeaders);
  assert.equal(read(DODownloadProperty.HttpRedirectionTarget), 'http://cdn/file');
  assert.equal(read(DODownloadProperty.HttpServerIPAddress), undefined);
});
