import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';
import * as z from 'zod';

import { CONTRACT, type RouteSchemas } from '../../src/rest/contract.ts';
import { pathOf, type Route, type RouteName, ROUTES } from '../../src/rest/routes.ts';
import { fromText, Id, Limit } from '../../src/rest/schemas/common.ts';
import { PropertyValue } from '../../src/rest/schemas/downloads.ts';
import { NewJob } from '../../src/rest/schemas/jobs.ts';

test('a number in text is read as decimal digits and as nothing else', () => {
  const schema = fromText(z.int().min(0));
  fc.assert(
    fc.property(fc.nat(), (value) => {
      assert.equal(schema.parse(String(value)), value);
      assert.equal(schema.parse(value), value);
    }),
  );
  for (const text of ['', ' ', '1e3', '0x10', '-1', '+1', '1.0', '１', '1'.repeat(17)]) {
    assert.equal(schema.safeParse(text).success, false, JSON.stringify(text));
  }
});

test('no text becomes a number that JavaScript would make of it by accident', () => {
  const schema = fromText(z.int().min(0));
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(
        schema.safeParse(text).success,
        /^\d{1,16}$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER,
      );
    }),
  );
});

test('a page has 100 items unless told, and 1 to 1,000', () => {
  assert.equal(Limit.parse(undefined), 100);
  assert.deepEqual([Limit.safeParse('0').success, Limit.safeParse('1001').success], [false, false]);
  assert.equal(Limit.parse('1000'), 1_000);
});

test('ids are compared in lower case', () => {
  assert.equal(
    Id.parse('01A2061A-A3FE-7C21-877A-2A50BB6B8D71'),
    '01a2061a-a3fe-7c21-877a-2a50bb6b8d71',
  );
});

test('bodies are strict, on every level', () => {
  const body = { displayName: 'x', files: [{ remoteName: null, extra: 1 }], other: 2 };
  const { error } = NewJob.safeParse(body);
  assert.deepEqual(error!.issues.map(({ code, path }) => [code, path.join('.')]).toReversed(), [
    ['unrecognized_keys', ''],
    ['unrecognized_keys', 'files.0'],
  ]);
});

test('bytes survive JSON, and other text is no base64', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const value = Buffer.from(bytes).toString('base64');
      const parsed = PropertyValue.parse(JSON.parse(JSON.stringify({ type: 'bytes', value })));
      assert.ok(parsed.type === 'bytes' && Buffer.from(parsed.value, 'base64').equals(bytes));
    }),
  );
  assert.equal(PropertyValue.safeParse({ type: 'bytes', value: 'ab c' }).success, false);
});

test('every route has schemas for the parameters of its path, and only for those', () => {
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const schemas: RouteSchemas = CONTRACT[name];
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!);
    const params = Object.fromEntries(
      inPath.map((parameter) => [
        parameter,
        parameter === 'id' ? '0'.repeat(8) + '-0000-0000-0000-' + '0'.repeat(12) : '1',
      ]),
    );
    assert.equal(schemas.params !== undefined, inPath.length > 0, name);
    if (schemas.params !== undefined) assert.ok(schemas.params.safeParse(params).success, name);
    assert.ok(!pathOf(name, params).includes('{'), name);
    assert.ok(route.method !== 'GET' || schemas.body === undefined, name);
    assert.ok((schemas.response === undefined) !== (schemas.produces === undefined), name);
  }
});

test('what stands in a path is escaped', () => {
  assert.equal(pathOf('getJob', { id: '../a b' }), '/v1/jobs/..%2Fa%20b');
});
