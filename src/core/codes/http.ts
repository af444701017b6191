import type { CodeRow } from './code-row.ts';

/**
 * Codes of the HTTP statuses that have a Windows name (errors.md 4).
 *
 * Redirects are followed where possible; here is what they mean when they cannot be.
 */
export const HTTP_CODES = {
  HTTP_E_STATUS_UNEXPECTED: [
    0x80190001,
    'transient',
    'The server answered with a status outside every class.',
  ],
  HTTP_E_STATUS_UNEXPECTED_REDIRECTION: [
    0x80190003,
    'fatal',
    'The server redirected in a way that could not be followed.',
  ],
  HTTP_E_STATUS_UNEXPECTED_CLIENT_ERROR: [
    0x80190004,
    'fatal',
    'The server refused the request for an unlisted reason.',
  ],
  HTTP_E_STATUS_UNEXPECTED_SERVER_ERROR: [
    0x80190005,
    'transient',
    'The server failed for an unlisted reason.',
  ],
  HTTP_E_STATUS_AMBIGUOUS: [
    0x8019012c,
    'fatal',
    'The server offers several choices and names none (300).',
  ],
  HTTP_E_STATUS_MOVED: [
    0x8019012d,
    'fatal',
    'The file has moved and the redirect could not be followed (301).',
  ],
  HTTP_E_STATUS_REDIRECT: [
    0x8019012e,
    'fatal',
    'The redirect of the server could not be followed (302).',
  ],
  HTTP_E_STATUS_REDIRECT_METHOD: [
    0x8019012f,
    'fatal',
    'The redirect of the server could not be followed (303).',
  ],
  HTTP_E_STATUS_NOT_MODIFIED: [
    0x80190130,
    'fatal',
    'The server answered "not modified" to an unconditional request (304).',
  ],
  HTTP_E_STATUS_USE_PROXY: [0x80190131, 'fatal', 'The server demands the use of a proxy (305).'],
  HTTP_E_STATUS_REDIRECT_KEEP_VERB: [
    0x80190133,
    'fatal',
    'The redirect of the server could not be followed (307).',
  ],
  HTTP_E_STATUS_BAD_REQUEST: [
    0x80190190,
    'fatal',
    'The server does not understand the request (400).',
  ],
  HTTP_E_STATUS_DENIED: [0x80190191, 'fatal', 'The server wants valid credentials (401).'],
  HTTP_E_STATUS_PAYMENT_REQ: [0x80190192, 'fatal', 'The server wants a payment (402).'],
  HTTP_E_STATUS_FORBIDDEN: [0x80190193, 'fatal', 'The server forbids access to the file (403).'],
  HTTP_E_STATUS_NOT_FOUND: [0x80190194, 'fatal', 'The server does not have the file (404).'],
  HTTP_E_STATUS_BAD_METHOD: [
    0x80190195,
    'fatal',
    'The server does not allow this method for the file (405).',
  ],
  HTTP_E_STATUS_NONE_ACCEPTABLE: [
    0x80190196,
    'fatal',
    'The server has no acceptable form of the file (406).',
  ],
  HTTP_E_STATUS_PROXY_AUTH_REQ: [0x80190197, 'fatal', 'The proxy wants valid credentials (407).'],
  HTTP_E_STATUS_REQUEST_TIMEOUT: [
    0x80190198,
    'transient',
    'The server gave up waiting for the request (408).',
  ],
  HTTP_E_STATUS_CONFLICT: [
    0x80190199,
    'transient',
    'The request conflicts with the state of the file (409).',
  ],
  HTTP_E_STATUS_GONE: [0x8019019a, 'fatal', 'The file is gone from the server for good (410).'],
  HTTP_E_STATUS_LENGTH_REQUIRED: [
    0x8019019b,
    'fatal',
    'The server wants a length with the request (411).',
  ],
  HTTP_E_STATUS_PRECOND_FAILED: [0x8019019c, 'fatal', 'The file changed on the server (412).'],
  HTTP_E_STATUS_REQUEST_TOO_LARGE: [
    0x8019019d,
    'fatal',
    'The request is too large for the server (413).',
  ],
  HTTP_E_STATUS_URI_TOO_LONG: [0x8019019e, 'fatal', 'The URL is too long for the server (414).'],
  HTTP_E_STATUS_UNSUPPORTED_MEDIA: [
    0x8019019f,
    'fatal',
    'The server does not support the media type (415).',
  ],
  HTTP_E_STATUS_RANGE_NOT_SATISFIABLE: [
    0x801901a0,
    'fatal',
    'The range lies outside the file (416).',
  ],
  HTTP_E_STATUS_EXPECTATION_FAILED: [
    0x801901a1,
    'fatal',
    'The server cannot meet an expectation of the request (417).',
  ],
  HTTP_E_STATUS_SERVER_ERROR: [0x801901f4, 'transient', 'The server failed internally (500).'],
  HTTP_E_STATUS_NOT_SUPPORTED: [
    0x801901f5,
    'fatal',
    'The server does not support the request (501).',
  ],
  HTTP_E_STATUS_BAD_GATEWAY: [
    0x801901f6,
    'transient',
    'A gateway got a bad answer from the server behind it (502).',
  ],
  HTTP_E_STATUS_SERVICE_UNAVAIL: [
    0x801901f7,
    'transient',
    'The server is overloaded or under maintenance (503).',
  ],
  HTTP_E_STATUS_GATEWAY_TIMEOUT: [
    0x801901f8,
    'transient',
    'A gateway got no answer from the server behind it (504).',
  ],
  HTTP_E_STATUS_VERSION_NOT_SUP: [
    0x801901f9,
    'fatal',
    'The server does not support this HTTP version (505).',
  ],
} as const;

/** Unnamed statuses that do not follow the rule of their class, or deserve words of their own. */
const UNNAMED_STATUSES: ReadonlyMap<number, CodeRow> = new Map<number, CodeRow>([
  [100, [0x80190064, 'transient', 'The server sent only an interim answer (100).']],
  [101, [0x80190065, 'fatal', 'The server switched to another protocol unasked (101).']],
  [306, [0x80190132, 'fatal', 'The server answered with the retired status 306.']],
  [308, [0x80190134, 'fatal', 'The redirect of the server could not be followed (308).']],
  [
    421,
    [0x801901a5, 'transient', 'The request reached a server that does not serve this host (421).'],
  ],
  [425, [0x801901a9, 'transient', 'The server wants the request again, later (425).']],
  [429, [0x801901ad, 'transient', 'The server was asked too often (429).']],
  [431, [0x801901af, 'fatal', 'The request headers are too large for the server (431).']],
  [451, [0x801901c3, 'fatal', 'The file is withheld for legal reasons (451).']],
  [507, [0x801901fb, 'transient', 'The server is out of storage (507).']],
  [508, [0x801901fc, 'transient', 'The server found a loop while answering (508).']],
  [511, [0x801901ff, 'transient', 'The network wants a sign-in first, as in a hotel (511).']],
]);

/**
 * The row of a status without a Windows name (errors.md 4).
 *
 * @param status - 100 to 599
 */
export function unnamedStatusRow(status: number): CodeRow {
  const row = UNNAMED_STATUSES.get(status);
  if (row !== undefined) return row;
  const failureClass = status >= 400 && status < 500 ? 'fatal' : 'transient';
  return [0x80190000 + status, failureClass, `The server answered with HTTP status ${status}.`];
}
