import { DeliveryOptimizationError } from '../../../core/errors.ts';
import type { CodeInfo } from '../../../core/codes.ts';
import type { ProblemResource } from '../../../rest/contract.ts';

export type Issue = NonNullable<ProblemResource['issues']>[number];

interface RefusalOptions {
  readonly issues?: readonly Issue[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A request that HTTP itself has a status for: the engine was not asked. */
export class Refusal extends DeliveryOptimizationError {
  readonly status: number;
  readonly issues: readonly Issue[] | undefined;
  /** Sent with the answer, as `Allow` with 405. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: CodeInfo['name'],
    message: string,
    options: RefusalOptions = {},
  ) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause });
    this.status = status;
    this.issues = options.issues;
    this.headers = options.headers ?? {};
  }
}

/** 400 for one place of the request. */
export function badRequest(path: string, message: string): Refusal {
  return new Refusal(400, 'E_INVALIDARG', `${path}: ${message}`, { issues: [{ path, message }] });
}
