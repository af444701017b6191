/**
 * Response heads at random, for a time instead of a number of runs: 30 s in the suite, and as long
 * as one likes with `HAULYARD_FUZZ_SECONDS=600 node --test test/core/http/head-fuzz.test.ts`.
 * `HAULYARD_SEED` repeats a run.
 */

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import * as fc from 'fast-check';

import {
  bodyFraming,
  type BodyFraming,
  keepsAlive,
  parseHead,
  type ParsedHead,
} from '../../../src/core/http/head-parser.ts';
import { MAX_RESPONSE_HEAD_BYTES } from '../../../src/core/limits.ts';
import { octets, readInParts } from './head-cases.ts';
import { mutatedHead } from './head-mutations.ts';
import { readByNode } from './read-by-node.ts';

const seconds = Number(process.env['HAULYARD_FUZZ_SECONDS'] ?? 30);
const seed = Number(process.env['HAULYARD_SEED'] ?? Date.now() % 0x7fff_ffff);

/** Largest body the comparison really sends; of longer ones, the beginning. */
const MAX_BODY_BYTES = 2_048;

test('a head at random ends in the one outcome, however it is split, and is read as it is written', (t) => {
  const counts = { head: 0, incomplete: 0, malformed: 0 };
  const property = fc.property(mutatedHead, fc.array(fc.nat(2_000)), (text, cuts) => {
    const bytes = octets(text);
    const parsed = parseHead(bytes, 0, bytes.length);
    counts[parsed.kind] += 1;
    assert.deepEqual(readInParts(bytes, cuts), parsed);
    switch (parsed.kind) {
      case 'incomplete':
        assert.ok(bytes.length < MAX_RESPONSE_HEAD_BYTES);
        return;
      case 'malformed':
        return;
      case 'head':
        assert.ok(parsed.length <= MAX_RESPONSE_HEAD_BYTES);
        assert.ok(text.slice(0, parsed.length).endsWith('\r\n\r\n'));
        // Not a byte earlier.
        assert.deepEqual(parseHead(bytes, 0, parsed.length - 1), { kind: 'incomplete' });
        assertReadAsWritten(parsed.head);
        assertFramingIsSound(parsed.head);
    }
  });
  report(t, fc.check(property, parameters(seconds / 3)), counts);
});

test('nothing that is accepted is understood differently by the parser of node:http', async (t) => {
  const counts = { compared: 0, refusedByNode: 0 };
  const property = fc.asyncProperty(mutatedHead, async (text) => {
    const bytes = octets(text);
    const parsed = parseHead(bytes, 0, bytes.length);
    if (parsed.kind !== 'head') return;
    const framing = bodyFraming(parsed.head);
    if (framing.kind === 'malformed' || framing.kind === 'too-large') return;
    const interim = parsed.head.status < 200;
    const body = interim ? FINAL_ANSWER : wireBody(framing);
    const theirs = await readByNode(bytes.subarray(0, parsed.length), body);
    if (theirs.kind === 'refused') {
      counts.refusedByNode += 1;
      return;
    }
    counts.compared += 1;
    if (interim) {
      assert.equal(theirs.status, 299);
      return;
    }
    const { status, statusText, headers } = parsed.head;
    assert.equal(theirs.status, status);
    assert.equal(theirs.statusText, statusText);
    assert.deepEqual(theirs.rawHeaders, headers.flat());
    const whole = framing.kind !== 'length' || framing.length === body.length;
    assert.equal(theirs.complete, whole);
    assert.deepEqual(theirs.body, Buffer.from(framing.kind === 'chunked' ? CONTENT : body));
    // Ours may be the more careful of the two, never the other way about.
    if (keepsAlive(parsed.head) && whole) assert.ok(theirs.keepsAlive);
  });
  report(t, await fc.check(property, parameters((seconds * 2) / 3)), counts);
  assert.ok(counts.compared > counts.refusedByNode, 'most of what is accepted can be compared');
});

const CONTENT = octets('HTTP/1.1 content\r\n\r\n0\r\n\r\n');
const FINAL_ANSWER = octets('HTTP/1.1 299 Final\r\nContent-Length: 0\r\n\r\n');

/** A body that the framing delimits, and that looks like a head to whoever begins it elsewhere. */
function wireBody(framing: BodyFraming): Uint8Array {
  switch (framing.kind) {
    case 'none':
    case 'too-large':
    case 'malformed':
      return new Uint8Array(0);
    case 'chunked':
      return octets(
        `${CONTENT.length.toString(16)}\r\n${Buffer.from(CONTENT).toString('latin1')}\r\n0\r\n\r\n`,
      );
    case 'length':
      return octets('HTTP/1.1 200 OK\r\n\r\n'.repeat(MAX_BODY_BYTES / 16)).subarray(
        0,
        Math.min(framing.length, MAX_BODY_BYTES),
      );
    case 'close':
      return CONTENT;
  }
}

/** Written out again, the head is the same head. */
function assertReadAsWritten(head: ParsedHead): void {
  const lines = [
    `HTTP/${head.version} ${head.status} ${head.statusText}`,
    ...head.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const bytes = octets(`${lines.join('\r\n')}\r\n\r\n`);
  // Spaces that were left out or too many make it a little longer or shorter.
  if (bytes.length > MAX_RESPONSE_HEAD_BYTES) return;
  assert.deepEqual(parseHead(bytes, 0, bytes.length), {
    kind: 'head',
    head,
    length: bytes.length,
  });
}

function assertFramingIsSound(head: ParsedHead): void {
  const framing = bodyFraming(head);
  const framingFields = head.headers.filter(([name]) =>
    /^(content-length|transfer-encoding)$/i.test(name),
  );
  if (framing.kind !== 'malformed') assert.ok(framingFields.length <= 1);
  if (framing.kind === 'length') {
    assert.ok(Number.isSafeInteger(framing.length) && framing.length >= 0);
    assert.equal(String(framing.length), framingFields[0]?.[1].replace(/^0+(?=\d)/, ''));
  }
  if (framing.kind === 'close' || framing.kind === 'too-large' || framing.kind === 'malformed') {
    assert.equal(keepsAlive(head), false);
  }
}

function parameters(limitSeconds: number): fc.Parameters<unknown> {
  return { seed, numRuns: Infinity, interruptAfterTimeLimit: limitSeconds * 1_000 };
}

function report<T>(t: TestContext, run: fc.RunDetails<T>, counts: Record<string, number>): void {
  t.diagnostic(`seed ${run.seed}, ${run.numRuns} cases: ${JSON.stringify(counts)}`);
  if (run.failed) assert.fail(fc.defaultReportMessage(run));
}
