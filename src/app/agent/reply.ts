import { toSigned, toUnsigned } from '../../core/hresult.ts';
import { MAX_REPLY_BYTES } from './limits.ts';

const SERVER = 'Server: Delivery-Optimization-Agent/1.1.0';

/** Statuses of the agent with its one-word phrases: clients abort on an empty one. */
const REASONS = {
  200: 'OK',
  400: 'BadRequest',
  404: 'NotFound',
  500: 'InternalError',
  503: 'ServiceUnavailable',
} as const;

type AgentHttpStatus = keyof typeof REASONS;

/** Codes that have a status of their own; every other failure is 400. */
const STATUS_OF_CODE: ReadonlyMap<number, AgentHttpStatus> = new Map([
  [0x80070490, 404],
  [0x8007000e, 503],
  [0x8007023e, 500],
]);

/** For a request that cannot be read: no length, because the connection ends with it. */
export const UNREADABLE_REPLY: Buffer = Buffer.from(
  `HTTP/1.1 400 ${REASONS[400]}\r\n${SERVER}\r\n\r\n`,
);

/**
 * The reply to a call that went well: compact JSON with every value a string, and a newline.
 *
 * @returns undefined when the whole would be longer than a client can take
 */
export function successReply(members: Readonly<Record<string, string>>): Buffer | undefined {
  const pairs = Object.entries(members).map(
    ([key, value]) => `${jsonText(key)}:${jsonText(value)}`,
  );
  const reply = wholeReply(200, `{${pairs.join(',')}}\n`);
  return reply.length > MAX_REPLY_BYTES ? undefined : reply;
}

/** The reply to a call that failed; the code may have either sign. */
export function errorReply(hresult: number): Buffer {
  const status = STATUS_OF_CODE.get(toUnsigned(hresult)) ?? 400;
  return wholeReply(status, `{ "ErrorCode": ${toSigned(hresult)} }`);
}

/** A code as it stands in a success body: signed, because clients read 32 bits with a sign. */
export function codeText(hresult: number): string {
  return String(toSigned(hresult));
}

function wholeReply(status: AgentHttpStatus, body: string): Buffer {
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 ${status} ${REASONS[status]}\r\nContent-Length: ${length}\r\n${SERVER}\r\n\r\n`;
  return Buffer.from(head + body);
}

/** JSON as the agent's library writes it: the slash escaped, control characters in capitals. */
function jsonText(text: string): string {
  return JSON.stringify(text)
    .replaceAll('/', String.raw`\/`)
    .replaceAll(/\\u00[\da-f]{2}|\\\\/g, (found) =>
      found.startsWith(String.raw`\u`) ? `${String.raw`\u`}${found.slice(2).toUpperCase()}` : found,
    );
}
