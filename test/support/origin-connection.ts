import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Answer } from './origin-answer.ts';
import { parseHead } from './origin-request.ts';
import type { OriginRequest, ParsedHead } from './origin-request.ts';
import { forever, sendAnswer } from './origin-send.ts';
import { Pace } from './origin-limits.ts';
import { resetSocket } from './reset-socket.ts';

/** What a connection asks of the origin it belongs to. */
export interface ConnectionHost {
  readonly connectionRate: () => number | undefined;
  readonly totalPace: Pace;
  /** Numbers and logs a request. */
  register(head: ParsedHead): OriginRequest;
  /** Chooses the answer, and holds a slot until `release`. */
  answer(
    request: OriginRequest,
    signal: AbortSignal,
  ): Promise<{ answer: Answer; release: () => void }>;
}

/**
 * Time for bytes already written to reach a client that reads. A reset throws away what is
 * still in the kernel, and then a test could not rely on the bytes before it.
 */
const SETTLE_MS = 20;

/**
 * Serves the requests of one connection, one after the other.
 *
 * @param raw - the TCP socket under `socket`; the same one unless TLS lies between
 */
export function serveConnection(socket: Socket, raw: Socket, host: ConnectionHost): void {
  const gone = new AbortController();
  const pace = new Pace(host.connectionRate);
  let input: Buffer = Buffer.alloc(0);
  let onNextRequest: Answer['onNextRequest'];
  let serving = false;

  socket.on('error', () => {});
  socket.on('end', () => gone.abort(new Error('The client closed the connection.')));
  socket.on('close', () => gone.abort(new Error('The connection is closed.')));
  socket.on('data', (bytes: Buffer) => {
    input = Buffer.concat([input, bytes]);
    if (!serving) void serveInput();
  });

  async function serveInput(): Promise<void> {
    serving = true;
    try {
      for (let head = parseHead(input); head && !socket.destroyed; head = parseHead(input)) {
        input = input.subarray(head.bytes);
        const request = host.register(head);
        await serve(request).finally(() => (request.done = true));
      }
    } catch {
      // A client that sends no HTTP gets none back.
      socket.destroy();
    } finally {
      serving = false;
    }
  }

  async function serve(request: OriginRequest): Promise<void> {
    if (onNextRequest) {
      request.faults = ['end-on-next-request'];
      return finish(onNextRequest, request);
    }
    try {
      const { answer, release } = await host.answer(request, gone.signal);
      try {
        const to = { socket, signal: gone.signal, paces: [pace, host.totalPace] };
        await sendAnswer(answer, request, to);
        if (answer.end === 'hang') await forever(gone.signal);
      } finally {
        release();
      }
      onNextRequest = answer.onNextRequest;
      await finish(answer.end, request);
    } catch {
      request.closedEarly = true;
      socket.destroy();
    }
  }

  async function finish(end: Answer['end'], request: OriginRequest): Promise<void> {
    if (end === 'close') socket.end();
    if (end !== 'reset') return;
    if (request.status !== undefined) await sleep(SETTLE_MS);
    // Only the socket that owns the TCP handle can send a reset.
    resetSocket(raw);
    socket.destroy();
  }
}
