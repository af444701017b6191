import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { HRESULT, httpStatusInfo, type ErrorCode } from '../../src/core/codes.ts';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import { MAX_ANSWER_BYTES, RestClient } from '../../src/rest/client.ts';
import { errorFromProblem } from '../../src/rest/errors-from-problem.ts';
import { NoAnswerError, type HttpAnswer, type HttpRequest } from '../../src/rest/http-sender.ts';
import { problemOf } from '../../src/rest/problem.ts';

const encoder = new TextEncoder();

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encoder.encode(text);
}

function answer(status: number, ...texts: readonly string[]): HttpAnswer {
  return { status, headers: {}, body: chunks(...texts) };
}

/** A client whose sender gives these answers, one after the other, and notes what was sent. */
function clientOf(
  ...answers: readonly (HttpAnswer | Error | ((request: HttpRequest) => Promise<HttpAnswer>))[]
): { client: RestClient; sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  const client = new RestClient({
    where: 'the test',
    timeoutMs: 50,
    send: async (request) => {
      const next = answers[sent.length];
      sent.push(request);
      if (next === undefined) throw new Error('No answer is left.');
      if (next instanceof Error) throw next;
      return typeof next === 'function' ? next(request) : next;
    },
  });
  return { client, sent };
}

const id = '01234567-89ab-7def-8123-456789abcdef';
const params = { id };
const gone = (options: { refused?: boolean; keptConnection?: boolean } = {}): NoAnswerError =>
  new NoAnswerError({ refused: false, keptConnection: false, cause: new Error('x'), ...options });

test('a call sends the route with its parameters, query and body, and returns what was answered', async () => {
  const { client, sent } = clientOf(answer(200, '{"jobs":', '[],"next":null}'), answer(200, '{}'));
  assert.deepEqual(await client.call('listJobs', { query: { limit: 5, state: 'error,queued' } }), {
    jobs: [],
    next: null,
  });
  const headers = { 'if-match': '"1"' };
  await client.call('changeFile', { params: { id, index: 3 }, body: { remoteName: 'ü' }, headers });
  assert.deepEqual(
    sent.map(({ method, path, body, headers: with_ }) => [method, path, body, with_]),
    [
      ['GET', '/v1/jobs?limit=5&state=error%2Cqueued', undefined, {}],
      [
        'PATCH',
        `/v1/jobs/${id}/files/3`,
        '{"remoteName":"ü"}',
        { 'content-type': 'application/json', 'if-match': '"1"' },
      ],
    ],
  );
});

test('a character that is divided between two chunks arrives whole', async () => {
  const bytes = encoder.encode('{"lines":["ü"]}');
  const body = (async function* () {
    for (const byte of bytes) yield Uint8Array.of(byte);
  })();
  const { client } = clientOf({ status: 200, headers: {}, body });
  assert.deepEqual(await client.call('listLogs'), { lines: ['ü'] });
});

test('every error comes out of its problem with the same code, number and sentence', () => {
  const codes = Object.keys(HRESULT) as ErrorCode[];
  const error = fc.record({
    code: fc.oneof(
      fc.constantFrom(...codes),
      fc.integer({ min: 100, max: 599 }).map((status) => httpStatusInfo(status).name),
    ),
    message: fc.string({ minLength: 1 }),
    extendedHresult: fc.option(fc.integer({ min: 0, max: 0xffff_ffff }), { nil: undefined }),
    httpStatus: fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(error, ({ code, message, ...facts }) => {
      const before = new DeliveryOptimizationError(code, message, facts);
      const problem: unknown = JSON.parse(JSON.stringify(problemOf(before)));
      const after = errorFromProblem(400, problem);
      for (const key of ['code', 'hresult', 'message', 'extendedHresult', 'httpStatus'] as const) {
        assert.equal(after[key], before[key]);
      }
    }),
  );
});

test('a problem of a newer service keeps its number and its sentence', () => {
  const problem = {
    code: 'DO_E_OF_THE_FUTURE',
    hresult: HRESULT.DO_E_JOB_NOT_FOUND | 0,
    detail: 'A sentence.',
  };
  const { code, hresult, message } = errorFromProblem(400, problem);
  assert.deepEqual(
    [code, hresult, message],
    ['DO_E_JOB_NOT_FOUND', HRESULT.DO_E_JOB_NOT_FOUND, 'A sentence.'],
  );
  assert.equal(errorFromProblem(400, { ...problem, hresult: -5 }).code, 'E_FAIL');
});

test('whatever is answered in place of a problem becomes an error with a sentence', () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 599 }), fc.jsonValue(), (status, body) => {
      const error = errorFromProblem(status, body);
      assert.match(error.message, /./);
      assert.notEqual(error.hresult, 0);
    }),
  );
  assert.equal(errorFromProblem(401, undefined).code, 'E_ACCESSDENIED');
  assert.equal(errorFromProblem(502, '<html>').code, 'E_UNEXPECTED');
});

test('nobody listening is DO_E_NO_SERVICE and says how to start the service', async () => {
  const { client, sent } = clientOf(gone({ refused: true }));
  await assert.rejects(client.call('getStats'), {
    code: 'DO_E_NO_SERVICE',
    message: /the test: start one with "haulyard daemon run"/,
  });
  assert.equal(sent.length, 1);
});

test('reading is tried once more on a kept connection that had died, and only then', async () => {
  const again = clientOf(gone({ keptConnection: true }), answer(200, '{"lines":[]}'));
  assert.deepEqual(await again.client.call('listLogs'), { lines: [] });
  const twice = clientOf(gone({ keptConnection: true }), gone({ keptConnection: true }));
  await assert.rejects(twice.client.call('listLogs'), { code: 'DO_E_NO_SERVICE' });
  assert.equal(twice.sent.length, 2);
  const fresh = clientOf(gone());
  await assert.rejects(fresh.client.call('listLogs'), { code: 'DO_E_NO_SERVICE' });
  assert.equal(fresh.sent.length, 1);
});

test('a change is never sent twice', async () => {
  const { client, sent } = clientOf(gone({ keptConnection: true }));
  await assert.rejects(client.call('resumeJob', { params }), {
    code: 'DO_E_NO_SERVICE',
    message: /ended the connection/,
  });
  assert.equal(sent.length, 1);
});

test('an answer that breaks off is DO_E_NO_SERVICE', async () => {
  const body = (async function* () {
    yield encoder.encode('{"lines":[');
    throw new Error('aborted');
  })();
  const { client } = clientOf({ status: 200, headers: {}, body });
  await assert.rejects(client.call('listLogs'), { code: 'DO_E_NO_SERVICE' });
});

test('an answer that is no JSON is not one of a service', async () => {
  const { client } = clientOf(answer(200, '<html>'));
  await assert.rejects(client.call('listLogs'), {
    code: 'E_UNEXPECTED',
    message: 'What answers at the test is not a haulyard service.',
  });
});

test('an answer beyond its bound is refused, and not read to its end', async () => {
  const chunk = new Uint8Array(1_048_576).fill(32);
  let sent = 0;
  const body = (async function* () {
    for (;;) {
      sent += chunk.length;
      yield chunk;
    }
  })();
  const { client } = clientOf({ status: 200, headers: {}, body });
  await assert.rejects(client.call('listLogs', { timeoutMs: Infinity }), {
    code: 'E_UNEXPECTED',
    message: /longer than 67108864 bytes/,
  });
  assert.equal(sent, MAX_ANSWER_BYTES + chunk.length);
});

/** Never answers, and ends as a sender has to when its signal aborts. */
const silence = ({ signal }: HttpRequest): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

test('a service that does not answer in time is ERROR_TIMEOUT', async () => {
  const { client } = clientOf(silence);
  await assert.rejects(client.call('getStats'), {
    code: 'ERROR_TIMEOUT',
    message: 'The service at the test did not answer getStats within 50 ms.',
  });
});

test('what waits for a transfer or a disk has no time-out, and gives up with its caller', async () => {
  for (const call of ['completeJob', 'suspendJob', 'cancelJobAction'] as const) {
    const { client } = clientOf(silence);
    const signal = AbortSignal.timeout(120);
    await assert.rejects(client.call(call, { params, signal }), { name: 'TimeoutError' });
  }
});

test('a caller that has given up already sends nothing', async () => {
  const { client, sent } = clientOf(answer(200, '{}'));
  const reason = new Error('enough');
  await assert.rejects(client.call('getStats', { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(sent.length, 0);
});

test('the time-out of a stream ends with the head of its answer', async () => {
  const late = (async function* () {
    await new Promise((resolve) => setTimeout(resolve, 120));
    yield encoder.encode('late');
  })();
  const { client } = clientOf({ status: 200, headers: {}, body: late }, silence);
  const { body } = await client.stream('readDownload', { params });
  const texts: string[] = [];
  for await (const chunk of body) texts.push(new TextDecoder().decode(chunk));
  assert.deepEqual(texts, ['late']);
  await assert.rejects(client.stream('readDownload', { params }), { code: 'ERROR_TIMEOUT' });
});
