import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { CONTRACT, Problem, type RouteSchemas } from '../../../src/rest/contract.ts';
import { type Route, type RouteName, ROUTES } from '../../../src/rest/routes.ts';
import type { ApiAnswer, ApiRequest } from '../../support/api-client.ts';
import { type ApiWorld, openApiWorld, TOKENS } from '../../support/api-world.ts';
import { ROUTE_CASES, SHOWN_ELSEWHERE } from './route-cases.ts';

const NAMES = Object.keys(ROUTES) as RouteName[];
const ANY_ID = '01a2061a-a3fe-7c21-877a-2a50bb6b8d71';

let world: ApiWorld;
before(async () => {
  world = await openApiWorld({ limits: { bodyBytes: 2_000, fileListBytes: 4_000 } });
});
after(() => world[Symbol.asyncDispose]());

/** The path of a route with something in the place of its parameters. */
function pathOf(name: RouteName, id: string = ANY_ID): string {
  return ROUTES[name].path.replace('{id}', id).replace(/\{\w+\}/, '0');
}

function problemOf(answer: ApiAnswer, status: number): ReturnType<typeof Problem.parse> {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
  const problem = Problem.parse(answer.json);
  assert.equal(problem.status, status);
  assert.equal(problem.type, `urn:haulyard:error:${problem.code}`);
  return problem;
}

/** The smallest request that reaches a route, by somebody who may call it. */
function bare(name: RouteName): ApiRequest {
  const { method, access } = ROUTES[name];
  return {
    method,
    path: pathOf(name),
    token: access === 'administrator' ? TOKENS.admin : TOKENS.alice,
  };
}

for (const name of NAMES) {
  const route: Route = ROUTES[name];
  const schemas: RouteSchemas = CONTRACT[name];
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE';

  describe(`${name} (${route.method} ${route.path})`, () => {
    if (!SHOWN_ELSEWHERE.has(name)) {
      test('answers a good request with its status and its schema', async () => {
        const answer = await world.send(await ROUTE_CASES[name](world));
        assert.equal(answer.status, route.status, answer.text);
        assert.equal(answer.headers['cache-control'], 'no-store');
        assert.equal(answer.headers['x-content-type-options'], 'nosniff');
        if (schemas.response === undefined) {
          assert.equal(answer.headers['content-type'], schemas.produces);
        } else {
          assert.match(String(answer.headers['content-type']), /^application\/json/);
          assert.deepEqual(schemas.response.parse(answer.json), answer.json);
        }
        if (route.status === 201) assert.match(String(answer.headers['location']), /^\/v1\//);
      });
    }

    test('refuses a query it does not know, and names it', async () => {
      const { path, ...request } = bare(name);
      const answer = await world.send({ ...request, path: `${path}?surprise=1` });
      const problem = problemOf(answer, 400);
      assert.equal(problem.code, 'E_INVALIDARG');
      assert.ok(problem.issues!.some((issue) => issue.path.startsWith('query')));
    });

    if (hasBody) {
      test('refuses a body with a key it does not know, and names it', async () => {
        const answer = await world.send({ ...bare(name), body: { surprise: 1 } });
        const { issues } = problemOf(answer, 400);
        assert.ok(issues!.some(({ path }) => path.startsWith('body')));
      });

      test('refuses a body that is a list', async () => {
        const { issues } = problemOf(await world.send({ ...bare(name), body: [1] }), 400);
        assert.ok(issues!.some(({ path }) => path === 'body'));
      });

      test('refuses a body that is larger than allowed', async () => {
        const body = { surprise: 'x'.repeat(5_000) };
        assert.equal(
          problemOf(await world.send({ ...bare(name), body }), 413).code,
          'E_INVALIDARG',
        );
      });

      test('refuses a body that is not JSON', async () => {
        const headers = { 'content-type': 'text/plain' };
        problemOf(await world.send({ ...bare(name), body: '{}', headers }), 415);
        problemOf(await world.send({ ...bare(name), body: '{"a":' }), 400);
        problemOf(await world.send({ ...bare(name), body: '{"__proto__":{}}' }), 400);
        problemOf(await world.send({ ...bare(name), body: '['.repeat(1_000) }), 400);
      });
    }

    if (route.path.includes('{id}')) {
      test('refuses an id that is none, and says where', async () => {
        const answer = await world.send({ ...bare(name), path: pathOf(name, 'nonsense') });
        assert.ok(problemOf(answer, 400).issues!.some(({ path }) => path === 'params.id'));
      });

      test('has nothing under an id that nobody has', async () => {
        const request = await goodBody(name);
        const answer = await world.send({ ...bare(name), ...request });
        assert.equal(problemOf(answer, 404).code, 'DO_E_JOB_NOT_FOUND');
      });

      test("keeps another user's job to that user", async () => {
        const good = await ROUTE_CASES[name](world);
        const problem = problemOf(await world.send({ ...good, token: TOKENS.bob }), 403);
        assert.equal(problem.code, 'E_ACCESSDENIED');
      });
    }

    if (route.access === 'public') {
      test('answers whoever asks', async () => {
        assert.equal((await world.send({ ...bare(name), token: null })).status, 200);
      });
    } else {
      test('answers 401 without a token, or with one that nobody has', async () => {
        for (const token of [null, 'token-of-nobody', 'x'.repeat(2_000)]) {
          const answer = await world.send({ ...bare(name), token });
          assert.equal(problemOf(answer, 401).code, 'E_ACCESSDENIED');
          assert.match(String(answer.headers['www-authenticate']), /^Bearer /);
        }
        const basic = { authorization: `Basic ${TOKENS.alice}` };
        problemOf(await world.send({ ...bare(name), token: null, headers: basic }), 401);
      });
    }

    if (route.access === 'administrator') {
      test('is for administrators', async () => {
        const answer = await world.send({ ...bare(name), token: TOKENS.alice });
        assert.equal(problemOf(answer, 403).code, 'E_ACCESSDENIED');
      });
    }

    test('does not answer under a foreign name', async () => {
      for (const host of [
        'evil.example',
        `evil.example:${world.port}`,
        '127.0.0.1',
        'localhost.',
      ]) {
        problemOf(await world.send({ ...bare(name), headers: { host } }), 421);
      }
    });

    test('does not answer pages of other origins, neither on TCP nor on the socket', async () => {
      for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
        const request = { ...bare(name), headers: { origin } };
        problemOf(await world.send(request), 403);
        problemOf(await world.send({ ...request, socketPath: world.socketPath }), 403);
      }
      for (const site of ['cross-site', 'same-site']) {
        problemOf(await world.send({ ...bare(name), headers: { 'sec-fetch-site': site } }), 403);
      }
    });
  });
}

/** The body of a good request, so that only the id is wrong. */
async function goodBody(name: RouteName): Promise<Pick<ApiRequest, 'body'>> {
  const { body } = await ROUTE_CASES[name](world);
  return body === undefined ? {} : { body };
}

test('a path that is no route is 404, and a method that a route does not have is 405', async () => {
  problemOf(await world.send({ path: '/v2/jobs' }), 404);
  problemOf(await world.send({ path: '/v1/jobs/a/b/c' }), 404);
  const answer = await world.send({ method: 'PUT', path: '/v1/jobs' });
  problemOf(answer, 405);
  assert.equal(answer.headers['allow'], 'GET, HEAD, POST');
  const options = await world.send({ method: 'OPTIONS', path: '/v1/events' });
  problemOf(options, 405);
  assert.equal(options.headers['allow'], 'GET');
  assert.equal(options.headers['access-control-allow-methods'], undefined);
});

test('HEAD is answered as GET without a body', async () => {
  const { status, text } = await world.send({ method: 'HEAD', path: '/v1/jobs' });
  assert.equal(status, 200);
  assert.equal(text, '');
});

test('every listed issue is there at once: of params, query and body', async () => {
  const answer = await world.send({
    method: 'PATCH',
    path: '/v1/jobs/none?extra=1',
    body: { priority: true, costFlags: {}, other: 1 },
  });
  const { issues } = problemOf(answer, 400);
  assert.deepEqual(issues!.map(({ path }) => path).sort(), [
    'body.costFlags',
    'body.other',
    'body.priority',
    'params.id',
    'query',
  ]);
});
