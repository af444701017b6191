import type { NodeErrorMeaning, NodeErrorTable } from './meaning.ts';

const AGAIN_LATER = 'It is tried again later.';

const NOT_RESOLVED: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_NAME_NOT_RESOLVED',
  failureClass: 'transient',
  reason: 'the host name could not be resolved',
  advice: 'Check the spelling of the host and the DNS settings.',
};

const NOT_CONNECTED: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_CANNOT_CONNECT',
  failureClass: 'transient',
  reason: 'the server could not be reached',
  advice: AGAIN_LATER,
};

const CUT_OFF: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_CONNECTION_ERROR',
  failureClass: 'transient',
  reason: 'the connection was reset or closed too early',
  advice: AGAIN_LATER,
};

const TIMED_OUT: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_TIMEOUT',
  failureClass: 'transient',
  reason: 'the server did not answer in time',
  advice: AGAIN_LATER,
};

const UNPARSABLE: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
  failureClass: 'transient',
  reason: 'the answer is not valid HTTP',
  advice: AGAIN_LATER,
};

const HEADERS_TOO_LARGE: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_HEADER_SIZE_OVERFLOW',
  failureClass: 'fatal',
  reason: 'the headers of the answer are too large',
};

const HANDSHAKE_FAILED: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_SECURE_CHANNEL_ERROR',
  failureClass: 'transient',
  reason: 'the TLS handshake failed',
  advice: AGAIN_LATER,
};

const BAD_REQUEST_HEADER: NodeErrorMeaning = {
  code: 'E_INVALIDARG',
  failureClass: 'call',
  reason: 'a request header is not valid',
  advice: 'Check the custom headers of the job.',
};

/** Codes of requests (errors.md 7) and of undici, certificates apart. */
export const NETWORK_ERRORS: NodeErrorTable = {
  ENOTFOUND: NOT_RESOLVED,
  ECONNREFUSED: NOT_CONNECTED,
  EHOSTUNREACH: NOT_CONNECTED,
  EHOSTDOWN: NOT_CONNECTED,
  ENETUNREACH: NOT_CONNECTED,
  EADDRNOTAVAIL: NOT_CONNECTED,
  UND_ERR_PRX_CONN: NOT_CONNECTED,
  UND_ERR_SOCKS5: NOT_CONNECTED,
  ECONNRESET: CUT_OFF,
  EPIPE: CUT_OFF,
  ECONNABORTED: CUT_OFF,
  ENOTCONN: CUT_OFF,
  ENETRESET: CUT_OFF,
  ERR_STREAM_PREMATURE_CLOSE: CUT_OFF,
  UND_ERR_SOCKET: CUT_OFF,
  UND_ERR_INFO: CUT_OFF,
  // A pool that went away under a request nobody cancelled: a new one may be asked.
  UND_ERR_CLOSED: CUT_OFF,
  UND_ERR_DESTROYED: CUT_OFF,
  // The body ended before the length it announced.
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: CUT_OFF,
  ETIMEDOUT: TIMED_OUT,
  ERR_SOCKET_CONNECTION_TIMEOUT: TIMED_OUT,
  UND_ERR_CONNECT_TIMEOUT: TIMED_OUT,
  UND_ERR_HEADERS_TIMEOUT: TIMED_OUT,
  UND_ERR_BODY_TIMEOUT: TIMED_OUT,
  ENETDOWN: {
    code: 'DO_E_BLOCKED_BY_NO_NETWORK',
    failureClass: 'policy',
    reason: 'there is no network connection',
    advice: 'The transfer goes on when the network is back.',
  },
  ENOBUFS: {
    code: 'ERROR_NO_SYSTEM_RESOURCES',
    failureClass: 'transient',
    reason: 'the system is short of network buffers',
    advice: AGAIN_LATER,
  },
  UND_ERR_RES_EXCEEDED_MAX_SIZE: {
    code: 'DO_E_HTTP_BLOCKSIZE_MISMATCH',
    failureClass: 'transient',
    reason: 'the server sent more data than was asked for',
    advice: AGAIN_LATER,
  },
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
  UND_ERR_HEADERS_OVERFLOW: HEADERS_TOO_LARGE,
  ERR_HTTP_INVALID_HEADER_VALUE: BAD_REQUEST_HEADER,
  ERR_INVALID_CHAR: BAD_REQUEST_HEADER,
  ERR_INVALID_URL: {
    code: 'E_INVALIDARG',
    failureClass: 'call',
    reason: 'the URL is malformed',
    advice: 'Give an absolute URL such as https://example.com/file.iso.',
  },
  EPROTO: HANDSHAKE_FAILED,
  UND_ERR_PRX_TLS: HANDSHAKE_FAILED,
  ERR_TLS_HANDSHAKE_TIMEOUT: TIMED_OUT,
};

const CLIENT_CERTIFICATE_NEEDED: NodeErrorMeaning = {
  code: 'ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED',
  failureClass: 'fatal',
  reason: 'the server demands a client certificate',
  advice: 'Supply one with the job.',
};

/** Families of codes, told by how they begin; the tables of single codes are asked first. */
export const NETWORK_FAMILIES: readonly (readonly [RegExp, NodeErrorMeaning])[] = [
  [/^EAI_/, NOT_RESOLVED],
  [/^HPE_/, UNPARSABLE],
  [/^ERR_HTTP2_/, UNPARSABLE],
  [/^ERR_SSL_.*CERTIFICATE_REQUIRED$/, CLIENT_CERTIFICATE_NEEDED],
  [/^ERR_SSL_/, HANDSHAKE_FAILED],
];
