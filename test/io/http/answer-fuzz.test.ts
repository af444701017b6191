/**
 * Answers at random from a server that means harm, for a time instead of a number of runs: 30 s in
 * the suite, `HAULYARD_FUZZ_SECONDS=600 node --test test/io/http/answer-fuzz.test.ts` for longer;
 * `HAULYARD_SEED` repeats a run.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import * as fc from 'fast-check';

import { BlockPool } from '../../../src/io/http/block-pool.ts';
import { openHttpTransport } from '../../../src/io/http/open-http-transport.ts';
import type { HttpResponse, HttpTransport } from '../../../src/ports/http-transport.ts';
import { readStrictly, wildAnswer, type Reading, type WildAnswer } from './wild-answer.ts';
import { startWildServer, type WildServer } from './wild-server.ts';

const seconds = Number(process.env['HAULYARD_FUZZ_SECONDS'] ?? 30);
const seed = Number(process.env['HAULYARD_SEED'] ?? Date.now() % 0x7fff_ffff);

/** Nothing here takes a second; what has not settled by then hangs. */
const HANG_MS = 30_000;

/** After so many answers the transport is closed and everything it had must be given back. */
const ANSWERS_EACH = 50;

/** What a client has got of an answer. */
interface Delivery {
  /** Undefined: there was no answer, only an error. */
  readonly status: number | undefined;
  readonly body: Buffer;
  readonly error: unknown;
}

test('only what the framing allows is delivered, whatever a server sends', async (t) => {
  const counts = { whole: 0, cut: 0, refused: 0, reused: 0 };
  await using server = await startWildServer();
  const blocks = new BlockPool();
  const open = (): HttpTransport => openHttpTransport({ environment: {}, blocks });
  let transport = open();
  let answers = 0;
  const property = fc.asyncProperty(wildAnswer, fc.nat(20), async (answer, leaveAfter) => {
    const reading = readStrictly(answer);
    const url = server.play(answer, mayKeep(reading));
    const delivery = await settled(get(transport, url, answer.range, leaveAfter));
    judge(reading, delivery, answer, leaveAfter);
    if (delivery.status === undefined) counts.refused += 1;
    else if (delivery.error === undefined) counts.whole += 1;
    else counts.cut += 1;
    const reused = await probe(transport, server);
    if (reused) {
      counts.reused += 1;
      assert.ok(
        reading.kind === 'answer' && reading.reusable,
        'a connection was used again after an answer that left it in doubt',
      );
    }
    answers += 1;
    if (answers % ANSWERS_EACH === 0) {
      await settled(Promise.resolve(transport[Symbol.asyncDispose]()));
      assert.equal(blocks.inUse, 0, 'memory was not given back');
      transport = open();
    }
  });
  const run = await fc.check(property, {
    seed,
    numRuns: Infinity,
    interruptAfterTimeLimit: seconds * 1_000,
  });
  await transport[Symbol.asyncDispose]();
  t.diagnostic(`seed ${run.seed}, ${run.numRuns} cases: ${JSON.stringify(counts)}`);
  if (run.failed) throw new Error(fc.defaultReportMessage(run), { cause: run.errorInstance });
  assert.ok(counts.whole > 0 && counts.refused > 0 && counts.reused > 0);
});

/** Whether the client knows that no more is to come while the connection is open; it would wait for ever. */
function mayKeep(reading: Reading): boolean {
  return reading.kind === 'answer' ? reading.whole && reading.delimited : !reading.unfinished;
}

/** @param leaveAfter - gives the rest up after so many chunks; above 10: reads all of it */
async function get(
  transport: HttpTransport,
  url: string,
  range: string | undefined,
  leaveAfter: number,
): Promise<Delivery> {
  const headers: [string, string][] = range === undefined ? [] : [['Range', range]];
  let response: HttpResponse;
  try {
    response = await transport.send({ method: 'GET', url, headers }, new AbortController().signal);
  } catch (error) {
    return { status: undefined, body: Buffer.alloc(0), error };
  }
  const kept: Buffer[] = [];
  let error: unknown;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of response.body) {
      kept.push(Buffer.from(chunk));
      // A chunk is the reader's until it is released, so nothing that arrives meanwhile changes it.
      if (held !== undefined) {
        assert.ok(kept.at(-2)!.equals(held), 'a chunk changed in the hands of its reader');
        held.fill(0x21);
        response.release(held);
      }
      held = chunk;
      if (kept.length > leaveAfter && leaveAfter <= 10) break;
    }
  } catch (caught) {
    if (caught instanceof assert.AssertionError) throw caught;
    error = caught;
  }
  if (held !== undefined) response.release(held);
  return { status: response.status, body: Buffer.concat(kept), error };
}

function judge(reading: Reading, delivery: Delivery, answer: WildAnswer, leaveAfter: number): void {
  const { status, body, error } = delivery;
  if (reading.kind === 'bad') {
    assert.equal(body.length, 0, 'bytes were delivered of an answer that nobody may believe');
    return;
  }
  if (status !== undefined) assert.equal(status, reading.head.status);
  assert.ok(
    body.equals(reading.body.subarray(0, body.length)),
    'the bytes are not those that the framing allows',
  );
  const leftEarly = leaveAfter <= 10 && body.length > 0;
  if (status !== undefined && error === undefined && !leftEarly) {
    assert.ok(reading.whole, 'an answer that was cut short passed for a whole one');
    assert.equal(body.length, reading.body.length);
  }
  // What is in order from its first byte to its last must not be refused.
  const { head, whole, interim } = reading;
  const plain = !interim && head.status >= 200 && answer.ending !== 'reset';
  const untouched = reading.reusable || answer.ending === 'close';
  if (plain && whole && untouched && isFramedByLength(head.headers)) {
    assert.equal(error, undefined);
    assert.notEqual(status, undefined);
  }
}

function isFramedByLength(headers: readonly (readonly [string, string])[]): boolean {
  return headers.some(([name]) => name.toLowerCase() === 'content-length');
}

/** Asks something else, and says whether it went out on the connection of the last answer. */
async function probe(transport: HttpTransport, server: WildServer): Promise<boolean> {
  await server.quiet();
  const signal = new AbortController().signal;
  const request = { method: 'GET', url: server.probeUrl, headers: [] } as const;
  const response = await settled(transport.send(request, signal));
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) {
    chunks.push(Buffer.from(chunk));
    response.release(chunk);
  }
  assert.equal(Buffer.concat(chunks).toString(), server.probeBody, 'an answer to another request');
  return server.probedOnTheSame();
}

async function settled<T>(promise: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = sleep(HANG_MS, undefined, { signal: stop.signal }).then(() => {
    throw new Error('It hangs.');
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
  }
}
