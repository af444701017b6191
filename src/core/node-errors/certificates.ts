import type { ErrorCode } from '../codes.ts';
import type { NodeErrorMeaning, NodeErrorTable } from './meaning.ts';

const FOREIGN_ISSUER = certificateRefused(
  'ERROR_WINHTTP_SECURE_INVALID_CA',
  'its certificate comes from an issuer that is not trusted',
);

const CERTIFICATE_PROBLEM = certificateRefused(
  'ERROR_WINHTTP_SECURE_FAILURE',
  'its certificate could not be verified',
);

/** Reasons to refuse the certificate of a server (errors.md 7). */
export const CERTIFICATE_ERRORS: NodeErrorTable = {
  CERT_HAS_EXPIRED: certificateRefused(
    'ERROR_WINHTTP_SECURE_CERT_DATE_INVALID',
    'its certificate has expired',
  ),
  CERT_NOT_YET_VALID: certificateRefused(
    'ERROR_WINHTTP_SECURE_CERT_DATE_INVALID',
    'its certificate is not valid yet',
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: certificateRefused(
    'ERROR_WINHTTP_SECURE_CERT_CN_INVALID',
    'its certificate is for another host name',
  ),
  HOSTNAME_MISMATCH: certificateRefused(
    'ERROR_WINHTTP_SECURE_CERT_CN_INVALID',
    'its certificate is for another host name',
  ),
  DEPTH_ZERO_SELF_SIGNED_CERT: FOREIGN_ISSUER,
  SELF_SIGNED_CERT_IN_CHAIN: FOREIGN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: FOREIGN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT: FOREIGN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: FOREIGN_ISSUER,
  CERT_REVOKED: certificateRefused(
    'ERROR_WINHTTP_SECURE_CERT_REVOKED',
    'its certificate was revoked',
  ),
  UNABLE_TO_GET_CRL: certificateRefused(
    'ERROR_WINHTTP_SECURE_CERT_REV_FAILED',
    'it could not be checked whether its certificate was revoked',
  ),
  INVALID_PURPOSE: certificateRefused(
    'ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE',
    'its certificate is not meant for servers',
  ),
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: CERTIFICATE_PROBLEM,
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: CERTIFICATE_PROBLEM,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: CERTIFICATE_PROBLEM,
  CERT_SIGNATURE_FAILURE: CERTIFICATE_PROBLEM,
  CRL_SIGNATURE_FAILURE: CERTIFICATE_PROBLEM,
  CRL_NOT_YET_VALID: CERTIFICATE_PROBLEM,
  CRL_HAS_EXPIRED: CERTIFICATE_PROBLEM,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: CERTIFICATE_PROBLEM,
  ERROR_IN_CERT_NOT_AFTER_FIELD: CERTIFICATE_PROBLEM,
  ERROR_IN_CRL_LAST_UPDATE_FIELD: CERTIFICATE_PROBLEM,
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: CERTIFICATE_PROBLEM,
  CERT_CHAIN_TOO_LONG: CERTIFICATE_PROBLEM,
  INVALID_CA: CERTIFICATE_PROBLEM,
  PATH_LENGTH_EXCEEDED: CERTIFICATE_PROBLEM,
  CERT_UNTRUSTED: CERTIFICATE_PROBLEM,
  CERT_REJECTED: CERTIFICATE_PROBLEM,
};

function certificateRefused(extended: ErrorCode, reason: string): NodeErrorMeaning {
  return {
    code: 'DO_E_HTTP_CERT_VALIDATION',
    failureClass: 'fatal',
    reason,
    advice: 'Check the clock, the URL and the trusted issuers of this machine.',
    extended,
  };
}
