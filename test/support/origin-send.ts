import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Answer, Header } from './origin-answer.ts';
import { Pace } from './origin-limits.ts';
import type { OriginRequest } from './origin-request.ts';

/** Where an answer goes and how fast. */
export interface SendTo {
  readonly socket: Socket;
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal;
  readonly paces: readonly Pace[];
}

/** Writes an answer as far as it goes, and notes in the record what was written. */
export async function sendAnswer(answer: Answer, record: OriginRequest, to: SendTo): Promise<void> {
  if (answer.delayMs > 0) await pause(answer.delayMs, to.signal);
  if (!answer.head) return;
  const interim = answer.interim.map(({ status, headers }) =>
    headText(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Soon'}`, headers, answer.lineEnd),
  );
  const { status, statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Other'}` } = answer;
  const head = headText(statusLine, answer.headers, answer.lineEnd);
  record.status = status;
  await write(to, Buffer.from(interim.join('') + head, 'latin1'));
  if (record.method === 'HEAD') return;
  record.firstByte = answer.range?.start;
  await sendBody(answer, record, to);
}

function headText(statusLine: string, headers: readonly Header[], lineEnd: string): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [statusLine, ...lines, '', ''].join(lineEnd);
}

async function sendBody(answer: Answer, record: OriginRequest, to: SendTo): Promise<void> {
  const { body, framing } = answer;
  const paces = [...to.paces, new Pace(() => answer.rateBytesPerSecond)];
  const end = Math.min(body.size, answer.cutAfterBytes ?? Infinity);
  for (let sent = 0; sent < end;) {
    if (sent === answer.stall?.afterBytes) await pause(answer.stall.forMs, to.signal);
    if (sent > 0 && answer.drip) await pause(answer.drip.everyMs, to.signal);
    const length = Math.min(end - sent, stepBytes(answer, sent, paces));
    for (const pace of paces) {
      const waitMs = pace.book(length, performance.now());
      if (waitMs > 0) await pause(waitMs, to.signal);
    }
    const bytes = body.read(sent, length);
    record.bodyBytes += length;
    await write(to, framing === 'chunked' ? chunk(bytes) : bytes);
    sent += length;
  }
  if (answer.stall?.afterBytes === end) await pause(answer.stall.forMs, to.signal);
  if (framing === 'chunked' && answer.finalChunk) await write(to, Buffer.from('0\r\n\r\n'));
}

function stepBytes(answer: Answer, sent: number, paces: readonly Pace[]): number {
  const untilStall = (answer.stall?.afterBytes ?? Infinity) - sent;
  return Math.min(
    answer.drip?.bytes ?? Infinity,
    untilStall > 0 ? untilStall : Infinity,
    answer.framing === 'chunked' ? answer.chunkBytes : Infinity,
    ...paces.map((pace) => pace.stepBytes()),
  );
}

function chunk(bytes: Buffer): Buffer {
  const size = Buffer.from(`${bytes.length.toString(16)}\r\n`);
  return Buffer.concat([size, bytes, Buffer.from('\r\n')]);
}

/** Resolves once the bytes are with the kernel, so that a count is never far ahead. */
function write({ socket, signal }: SendTo, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted || !socket.writable) return reject(new Error('The client has gone.'));
    const gone = (): void => reject(signal.reason);
    signal.addEventListener('abort', gone, { once: true });
    socket.write(bytes, (error) => {
      signal.removeEventListener('abort', gone);
      return error ? reject(error) : resolve();
    });
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (Number.isFinite(ms)) await sleep(ms, undefined, { signal });
  else await forever(signal);
}

/** Rejects when the connection is gone, and never resolves. */
export function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
