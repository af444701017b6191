import type { FastifyReply, FastifyRequest } from 'fastify';

import {
  type DeliveryOptimizationError,
  isDeliveryOptimizationError,
} from '../../../core/errors.ts';
import { PROBLEM_MEDIA_TYPE, problemOf } from '../../../rest/problem.ts';
import { Refusal } from './refusal.ts';

/**
 * Answers with the problem an error stands for. An error that is not ours says nothing to the
 * client, because nobody has looked at what it might tell; the log has it.
 */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const told = tellable(error);
  const refusal = told instanceof Refusal ? told : undefined;
  const problem = problemOf(told, {
    status: refusal?.status,
    instance: request.url.split('?', 1)[0],
    ...(refusal?.issues === undefined ? {} : { issues: [...refusal.issues] }),
  });
  if (problem.status >= 500 && problem.status !== 501 && problem.status !== 503) {
    request.log.error({ err: error, code: problem.code }, 'a request failed');
  }
  void reply
    .code(problem.status)
    .headers(refusal?.headers ?? {})
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem));
}

/** The error in the form that may leave the process. */
function tellable(error: unknown): DeliveryOptimizationError {
  if (isDeliveryOptimizationError(error)) return error;
  return fromFastify(error) ?? new Refusal(500, 'E_UNEXPECTED', INTERNAL);
}

const INTERNAL = 'The service failed to carry out the request; its log says more.';

/** What the server found wrong with a request before any route was asked. */
function fromFastify(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Refusal(
        413,
        'E_INVALIDARG',
        'The body of the request is too large; send fewer files at a time.',
      );
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Refusal(
        415,
        'E_INVALIDARG',
        'The body must be JSON: send it with "Content-Type: application/json".',
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Refusal(400, 'E_INVALIDARG', 'The body has another length than announced.');
    case 'FST_ERR_BAD_URL':
      return new Refusal(400, 'E_INVALIDARG', 'The path of the request is not well-formed.');
    default:
      return undefined;
  }
}
