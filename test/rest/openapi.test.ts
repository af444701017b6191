import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { openApiPath, openApiText } from '../../scripts/openapi.ts';
import { openApiDocument } from '../../src/rest/openapi.ts';
import { type Route, ROUTES } from '../../src/rest/routes.ts';
import { faultsOf } from './openapi-rules.ts';

test('docs/openapi.json is what the schemas say: run `node scripts/openapi.ts` when it is not', async () => {
  assert.equal(await readFile(openApiPath, 'utf8'), await openApiText());
});

test('the document follows the rules of OpenAPI 3.1', () => {
  assert.deepEqual(faultsOf(openApiDocument()), []);
});

test('every route is there once, with its method, status and access', () => {
  const { paths } = openApiDocument() as unknown as {
    paths: Record<
      string,
      Record<string, { operationId: string; security?: unknown[]; responses: object }>
    >;
  };
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security, responses }]) => ({
      operationId,
      method: method.toUpperCase(),
      path,
      statuses: Object.keys(responses),
      open: security?.length === 0,
    })),
  );
  const wanted = Object.entries(ROUTES).map(
    ([operationId, { method, path, status, access }]: [string, Route]) => ({
      operationId,
      method,
      path,
      statuses: [String(status), 'default'],
      open: access === 'public',
    }),
  );
  const byId = (a: { operationId: string }, b: { operationId: string }): number =>
    a.operationId < b.operationId ? -1 : 1;
  assert.deepEqual(found.sort(byId), wanted.sort(byId));
});

describe('the rules notice', () => {
  const faulty = (change: (document: Record<string, never>) => void): readonly string[] => {
    const document = structuredClone(openApiDocument()) as unknown as Record<string, never>;
    change(document);
    return faultsOf(document);
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- each test breaks another place of the document
  const cases: readonly (readonly [string, (document: any) => void])[] = [
    ['another version', (document) => (document.openapi = '3.0.0')],
    ['a reference that leads nowhere', (document) => delete document.components.schemas.Job],
    [
      'a named schema nobody uses',
      (document) => (document.components.schemas.Odd = { type: 'object' }),
    ],
    [
      'an operation id that is there twice',
      (document) => (document.paths['/healthz'].get.operationId = 'ready'),
    ],
    [
      'a path parameter that is not described',
      (document) => (document.paths['/v1/jobs/{id}'].get.parameters = []),
    ],
    [
      'an operation without a success',
      (document) => (document.paths['/healthz'].get.responses = { default: { description: 'x' } }),
    ],
    [
      'a property that is required and not described',
      (document) => document.components.schemas.Job.required.push('odd'),
    ],
    ['a type that is none', (document) => (document.components.schemas.Job.type = 'thing')],
    ['a security scheme that is not there', (document) => (document.security = [{ cookie: [] }])],
  ];
  for (const [what, change] of cases) {
    test(what, () => assert.notDeepEqual(faulty(change), []));
  }
});
