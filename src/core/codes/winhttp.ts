/** Connection, protocol and certificate codes (errors.md 3.1). */
export const WINHTTP_CODES = {
  ERROR_WINHTTP_TIMEOUT: [0x80072ee2, 'transient', 'The server did not answer in time.'],
  ERROR_WINHTTP_INVALID_URL: [0x80072ee5, 'fatal', 'The server redirects to a malformed URL.'],
  ERROR_WINHTTP_UNRECOGNIZED_SCHEME: [0x80072ee6, 'fatal', 'The URL is neither http nor https.'],
  ERROR_WINHTTP_NAME_NOT_RESOLVED: [
    0x80072ee7,
    'transient',
    'The host name could not be resolved.',
  ],
  ERROR_WINHTTP_OPERATION_CANCELLED: [0x80072ef1, 'unused', 'The request was cancelled.'],
  ERROR_WINHTTP_CANNOT_CONNECT: [0x80072efd, 'transient', 'The server could not be reached.'],
  ERROR_WINHTTP_CONNECTION_ERROR: [
    0x80072efe,
    'transient',
    'The connection was reset or closed too early.',
  ],
  ERROR_WINHTTP_SECURE_CERT_DATE_INVALID: [
    0x80072f05,
    'fatal',
    'The certificate of the server has expired or is not valid yet.',
  ],
  ERROR_WINHTTP_SECURE_CERT_CN_INVALID: [
    0x80072f06,
    'fatal',
    'The certificate of the server is for another host name.',
  ],
  ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED: [
    0x80072f0c,
    'fatal',
    'The server demands a client certificate.',
  ],
  ERROR_WINHTTP_SECURE_INVALID_CA: [
    0x80072f0d,
    'fatal',
    'The issuer of the certificate of the server is not trusted.',
  ],
  ERROR_WINHTTP_SECURE_CERT_REV_FAILED: [
    0x80072f19,
    'fatal',
    'It could not be checked whether the certificate was revoked.',
  ],
  ERROR_WINHTTP_HEADER_NOT_FOUND: [0x80072f76, 'unused', 'A response header is missing.'],
  ERROR_WINHTTP_INVALID_SERVER_RESPONSE: [
    0x80072f78,
    'transient',
    'The answer of the server could not be understood.',
  ],
  ERROR_WINHTTP_REDIRECT_FAILED: [0x80072f7c, 'fatal', 'A redirect could not be followed.'],
  ERROR_WINHTTP_SECURE_CHANNEL_ERROR: [0x80072f7d, 'transient', 'The TLS handshake failed.'],
  ERROR_WINHTTP_SECURE_CERT_REVOKED: [
    0x80072f8a,
    'fatal',
    'The certificate of the server was revoked.',
  ],
  ERROR_WINHTTP_SECURE_FAILURE: [
    0x80072f8f,
    'fatal',
    'The certificate of the server has a problem.',
  ],
  ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE: [
    0x80072f93,
    'fatal',
    'The certificate is not meant for servers.',
  ],
  ERROR_WINHTTP_AUTODETECTION_FAILED: [0x80072f94, 'unused', 'The proxy could not be detected.'],
  ERROR_WINHTTP_HEADER_SIZE_OVERFLOW: [
    0x80072f96,
    'fatal',
    'The headers of the answer are too large.',
  ],
} as const;
