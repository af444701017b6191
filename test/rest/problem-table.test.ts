import assert from 'node:assert/strict';
import { test } from 'node:test';

import { codeInfo, type ErrorCode, HRESULT, httpStatusInfo } from '../../src/core/codes.ts';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import { errorFromProblem } from '../../src/rest/errors-from-problem.ts';
import { problemOf } from '../../src/rest/problem.ts';
import { problemStatus } from '../../src/rest/problem-table.ts';
import { Problem } from '../../src/rest/schemas/common.ts';

const CODES = Object.keys(HRESULT) as ErrorCode[];

test('every documented code becomes a problem of the schema, and the same error again', () => {
  for (const code of CODES) {
    const error = new DeliveryOptimizationError(code, `A sentence about ${code}.`, {
      extendedHresult: 0x8007_0005,
      httpStatus: 404,
    });
    const problem = Problem.parse(problemOf(error, { instance: '/v1/jobs' }));
    assert.ok(problem.status >= 400 && problem.status <= 599, code);
    assert.ok(problem.hresult <= 0x7fff_ffff && problem.hresult >= -0x8000_0000, code);
    const again = errorFromProblem(problem.status, JSON.parse(JSON.stringify(problem)));
    const { name: _name, ...facts } = error.toJSON() as unknown as Record<string, unknown>;
    const { name: _again, ...factsAgain } = again.toJSON() as unknown as Record<string, unknown>;
    assert.deepEqual(factsAgain, facts);
  }
});

test('codes have the status that fits them', () => {
  const wanted = {
    E_INVALIDARG: 400,
    DO_E_OVERLAPPING_RANGES: 400,
    E_ACCESSDENIED: 403,
    DO_E_JOB_NOT_FOUND: 404,
    DO_E_UNKNOWN_PROPERTY_ID: 404,
    E_NOT_SET: 404,
    DO_E_INVALID_STATE: 409,
    DO_E_JOB_EMPTY: 409,
    DO_E_READ_ONLY_PROPERTY: 409,
    ERROR_PATH_NOT_FOUND: 409,
    ERROR_FILE_EXISTS: 409,
    BG_E_READ_ONLY_PROPERTY_AFTER_RESUME: 409,
    DO_E_BLOCKED_BY_COST_TRANSFER_POLICY: 409,
    E_UNEXPECTED: 500,
    E_NOTIMPL: 501,
    HTTP_E_STATUS_NOT_FOUND: 502,
    DO_E_HTTP_CERT_VALIDATION: 502,
    DO_E_NO_SERVICE: 503,
    ERROR_DISK_FULL: 507,
  } as const;
  for (const [code, status] of Object.entries(wanted)) {
    const error = new DeliveryOptimizationError(code as ErrorCode, '');
    assert.equal(problemStatus(error), status, code);
  }
});

test('a status of an origin that has no name is a bad gateway', () => {
  const { name } = httpStatusInfo(429);
  assert.equal(problemStatus(new DeliveryOptimizationError(name, '')), 502);
});

test('a problem says nothing but what it is meant to say', () => {
  const error = new DeliveryOptimizationError('E_ACCESSDENIED', 'Not yours.', {
    cause: new Error('secret'),
    url: 'http://user:secret@host/path?secret',
  });
  const problem = problemOf(error);
  assert.ok(!JSON.stringify(problem).includes('secret'));
  assert.equal(problem.title, codeInfo('E_ACCESSDENIED').meaning);
  assert.equal(problem.hresult, -2147024891);
});
