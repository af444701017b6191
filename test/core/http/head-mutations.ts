import * as fc from 'fast-check';

import { bytesOf, CORPUS, plainHead } from './head-cases.ts';

/** What broken and hostile servers put into heads. */
const SNIPPETS: readonly string[] = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\r\n ',
  '\r\n\t',
  '\0',
  ' ',
  '\t',
  ':',
  ': ',
  ',',
  ';',
  '"',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  '\x1b',
  '\x0b',
  '\x0c',
  '-',
  '+',
  '0',
  '5',
  '0x',
  'e1',
  '.0',
  'Content-Length: 5\r\n',
  'Content-Length: 6\r\n',
  'Content-Length:',
  'content-length: 007\r\n',
  'Content-Length: 9007199254740993\r\n',
  'Content-Length: 18446744073709551617\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding:',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Connection: upgrade\r\n',
  'Connection:',
  'Upgrade: websocket\r\n',
  'Trailer: X\r\n',
  'Proxy-Connection: close\r\n',
  'Keep-Alive: max=0\r\n',
  'HTTP/1.1 ',
  'HTTP/1.0 ',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/2 ',
  '100',
  '101',
  '204',
  '304',
  '999',
];

/** What happens to a text at a place, given as a share of its length. */
type Mutation = (text: string, at: number) => string;

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constantFrom(...SNIPPETS).map(
    (snippet): Mutation =>
      (text, at) =>
        text.slice(0, at) + snippet + text.slice(at),
  ),
  fc.constantFrom(...SNIPPETS).map(
    (snippet): Mutation =>
      (text, at) =>
        text.slice(0, at) + snippet + text.slice(at + snippet.length),
  ),
  fc.nat(255).map(
    (octet): Mutation =>
      (text, at) =>
        text.slice(0, at) + String.fromCharCode(octet) + text.slice(at + 1),
  ),
  fc.nat(24).map(
    (count): Mutation =>
      (text, at) =>
        text.slice(0, at) + text.slice(at + count),
  ),
  fc.tuple(fc.nat(40), fc.integer({ min: 2, max: 400 })).map(
    ([count, times]): Mutation =>
      (text, at) =>
        text.slice(0, at) + text.slice(at, at + count).repeat(times) + text.slice(at + count),
  ),
  fc.constant<Mutation>((text, at) => text.slice(0, at)),
  fc.constant<Mutation>(
    (text, at) => text.slice(0, at) + flipCase(text.slice(at, at + 1)) + text.slice(at + 1),
  ),
  fc.constant<Mutation>((text, at) => insertAtLine(text, at, lineAt(text, at))),
  fc.constantFrom(...SNIPPETS).map(
    (snippet): Mutation =>
      (text, at) =>
        insertAtLine(text, at, snippet),
  ),
);

/** The corpus without the heads that are long, which would leave no time for others. */
const seeds = CORPUS.map((each) => Buffer.from(bytesOf(each)).toString('latin1')).filter(
  (text) => text.length < 2_048,
);

const framed = fc
  .tuple(
    plainHead,
    fc.constantFrom(
      '',
      'Content-Length: 5\r\n',
      'Content-Length: 1234\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: close\r\nContent-Length: 0\r\n',
      'Connection: keep-alive\r\nContent-Length: 70\r\n',
    ),
  )
  .map(([{ text }, fields]) => text.slice(0, -2) + fields + '\r\n');

/** Up to four things to be done to a text of latin1, which stays below 200,000 characters. */
export const mutations: fc.Arbitrary<(text: string) => string> = fc
  .array(fc.tuple(mutation, fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 4 })
  .map(
    (steps) => (seed: string) =>
      steps.reduce(
        (text, [mutate, place]) => mutate(text, Math.round(place * text.length)).slice(0, 200_000),
        seed,
      ),
  );

/** Heads with some things done to them, as latin1. */
export const mutatedHead: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(fc.constantFrom(...seeds), framed), mutations)
  .map(([seed, mutate]) => mutate(seed));

function flipCase(character: string): string {
  const lower = character.toLowerCase();
  return lower === character ? character.toUpperCase() : lower;
}

/** The line around a place, its end included. */
function lineAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', Math.max(at - 1, 0)) + 1;
  const end = text.indexOf('\n', at);
  return text.slice(start, end < 0 ? text.length : end + 1);
}

/** Before the line around a place, so that it is likely to be a line of its own. */
function insertAtLine(text: string, at: number, line: string): string {
  const start = text.lastIndexOf('\n', Math.max(at - 1, 0)) + 1;
  return text.slice(0, start) + line + text.slice(start);
}
