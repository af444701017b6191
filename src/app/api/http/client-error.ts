import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { PROBLEM_MEDIA_TYPE, problemOf } from '../../../rest/problem.ts';
import { Refusal } from './refusal.ts';

/** Answers what could not be read as a request, if the client still listens, and hangs up. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error.code);
  const body = JSON.stringify(problemOf(refusal, { status: refusal.status }));
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  // A client that goes on sending must not keep the connection.
  socket.destroySoon();
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal(408, 'ERROR_TIMEOUT', 'The request did not arrive in time.');
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal(431, 'E_INVALIDARG', 'The head of the request is too large.');
    default:
      return new Refusal(400, 'E_INVALIDARG', 'This is not a well-formed HTTP/1.1 request.');
  }
}
