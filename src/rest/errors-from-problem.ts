import { HRESULT, nameOfHresult, type ErrorCode, type HttpStatusCode } from '../core/codes.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';

/**
 * The error that a problem body tells of: the same code, number and sentence as in the process that
 * raised it. A code that this version does not know keeps its number and sentence.
 *
 * @param status - of the answer, for a body that is no problem at all
 * @param body - what was received, parsed; undefined when it is no JSON
 */
export function errorFromProblem(status: number, body: unknown): DeliveryOptimizationError {
  const problem = typeof body === 'object' && body !== null ? (body as Problem) : {};
  const { code, hresult, detail, title, httpStatus, extendedHresult } = problem;
  if (typeof code !== 'string' || !isInt(hresult)) return withoutProblem(status);
  return new DeliveryOptimizationError(knownCode(code, hresult), sentence(detail, title, code), {
    hresult,
    ...(isInt(httpStatus) ? { httpStatus } : {}),
    ...(isInt(extendedHresult) ? { extendedHresult } : {}),
  });
}

/** The members of RFC 9457 and ours, none of them believed yet. */
type Problem = Readonly<
  Partial<
    Record<'code' | 'hresult' | 'detail' | 'title' | 'httpStatus' | 'extendedHresult', unknown>
  >
>;

/** An answer that did not come from the service, or from none that speaks this contract. */
function withoutProblem(status: number): DeliveryOptimizationError {
  if (status === 401 || status === 403) {
    return new DeliveryOptimizationError(
      'E_ACCESSDENIED',
      `The service refused the call (HTTP ${status}): check the token.`,
    );
  }
  return new DeliveryOptimizationError(
    'E_UNEXPECTED',
    `The answer with HTTP ${status} is not one of a haulyard service: check the address.`,
  );
}

function knownCode(code: string, hresult: number): ErrorCode | HttpStatusCode {
  if (Object.hasOwn(HRESULT, code) || /^BG_E_HTTP_ERROR_[1-5]\d\d$/.test(code)) {
    return code as ErrorCode | HttpStatusCode;
  }
  return nameOfHresult(hresult) ?? 'E_FAIL';
}

function sentence(detail: unknown, title: unknown, code: string): string {
  if (typeof detail === 'string' && detail !== '') return detail;
  return typeof title === 'string' && title !== '' ? title : `The service answered ${code}.`;
}

function isInt(value: unknown): value is number {
  return Number.isInteger(value);
}
