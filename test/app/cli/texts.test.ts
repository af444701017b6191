import assert from 'node:assert/strict';
import { test } from 'node:test';

import { detailLines } from '../../../src/app/cli/actions/show.ts';
import { digestInName, jobName, shortName } from '../../../src/app/cli/job-name.ts';
import type { JobDetails } from '../../../src/app/cli/job-facts.ts';
import type { Outcome } from '../../../src/app/cli/outcome.ts';
import { printable, shortened } from '../../../src/app/cli/printable.ts';
import { adviceLine, errorLine } from '../../../src/app/cli/report.ts';
import { Wake } from '../../../src/app/cli/wake.ts';

const digest = { algorithm: 'sha-512', hex: 'ab'.repeat(64) } as const;

test('a job is named for its file and the checksum it is held to', () => {
  const name = jobName('big.iso', digest);
  assert.equal(name, `big.iso sha-512=${digest.hex}`);
  assert.deepEqual(digestInName(name), digest);
  assert.equal(shortName(name), 'big.iso');
  assert.equal(jobName('big.iso', undefined), 'big.iso');
  assert.equal(digestInName('big.iso'), undefined);
});

test('the name of a job fits, however long that of its file', () => {
  const name = jobName('x'.repeat(255), digest);
  assert.ok(name.length <= 256);
  assert.deepEqual(digestInName(name), digest);
});

test('text from elsewhere cannot steer the terminal', () => {
  assert.equal(printable('a\u001b[31m\r\nb\u202ec'), 'a\ufffd[31m\ufffd\ufffdb\ufffdc');
});

test('shortened text keeps its beginning and its end', () => {
  assert.equal(shortened('abcdefgh', 5), 'ab…gh');
  assert.equal(shortened('abcde', 5), 'abcde');
  assert.equal(shortened('abc', 1), '…');
});

test('an error is one line with the code to look up', () => {
  assert.equal(
    errorLine({ code: 'E_FAIL', hresult: 0x80004005, message: 'It\nfailed.' }),
    'It\ufffdfailed. (E_FAIL 0x80004005)',
  );
});

const left: Outcome = {
  id: '0198',
  name: 'a',
  url: null,
  file: null,
  state: 'suspended',
  bytesTotal: null,
  bytesTransferred: 0,
  filesTotal: 1,
  filesTransferred: 0,
  elapsedMs: 0,
  error: null,
};

test('the advice names the jobs that are left, and the data directory if it was given', () => {
  assert.equal(adviceLine([left], 'Go on: ', undefined), 'Go on: haulyard resume 0198');
  assert.equal(
    adviceLine([left], 'Go on: ', "/my jobs'"),
    `Go on: haulyard --data-dir '/my jobs'\\''' resume 0198`,
  );
  const many = Array.from({ length: 6 }, (_, index) => ({ ...left, id: String(index) }));
  assert.equal(adviceLine(many, '', undefined), 'haulyard resume 0 1 2 3 …');
  assert.equal(adviceLine([{ ...left, state: 'acknowledged' }], '', undefined), undefined);
  assert.equal(adviceLine([{ ...left, id: null, state: null }], '', undefined), undefined);
});

const details: JobDetails = {
  id: '01',
  name: 'two.bin',
  state: 'error',
  priority: 'low',
  bytesTotal: null,
  bytesTransferred: 2_048,
  filesTotal: 1,
  filesTransferred: 0,
  created: new Date(0),
  modified: new Date(1_000),
  transferred: null,
  lastFailure: { kind: 'fatal', code: 'E_FAIL', hresult: 0x80004005, message: 'It failed.' },
  noProgressTimeoutSeconds: 3_600,
  customHeaderNames: ['Authorization'],
  files: [
    {
      url: 'https://host/two.bin?token=secret',
      file: '/d/two.bin',
      bytesTotal: null,
      bytesTransferred: 2_048,
      completed: false,
      ranges: [
        { offset: 0, length: 10 },
        { offset: 20, length: null },
      ],
    },
  ],
};

test('show tells all facts of a job, and no secrets', () => {
  const text = detailLines(details).join('\n');
  for (const fact of [
    /^state {8}error$/m,
    /^progress {5}2 KiB, size unknown$/m,
    /^headers {6}Authorization$/m,
    /^failure {6}It failed\. \(E_FAIL 0x80004005\)$/m,
    /^next .*`haulyard resume 01` tries again/m,
    /^ {4}from https:\/\/host\/two\.bin\?…$/m,
    /^ {4}bytes from 0, 10 of them$/m,
    /^ {4}bytes from 20, to the end$/m,
  ]) {
    assert.match(text, fact);
  }
  assert.doesNotMatch(text, /secret/);
});

test('a ring before the sleep is not lost, and one ring ends one sleep', async () => {
  const wake = new Wake();
  wake.ring();
  await wake.sleep(60_000);
  const sleeping = wake.sleep(60_000);
  wake.ring();
  await sleeping;
  await wake.sleep(1);
});
