import type { NodeErrorMeaning, NodeErrorTable } from './meaning.ts';

const OUT_OF_HANDLES: NodeErrorMeaning = {
  code: 'ERROR_TOO_MANY_OPEN_FILES',
  failureClass: 'transient',
  reason: 'too many files are open',
  advice: 'Raise the limit of open files if this happens often.',
};

const OUT_OF_MEMORY: NodeErrorMeaning = {
  code: 'E_OUTOFMEMORY',
  failureClass: 'fatal',
  reason: 'there is not enough memory',
  advice: 'Free some memory, then resume the job.',
};

const CANCELLED: NodeErrorMeaning = {
  code: 'ERROR_OPERATION_ABORTED',
  failureClass: 'call',
  reason: 'the operation was cancelled',
};

/** Codes that mean the same whatever was being done (errors.md 7). */
export const COMMON_ERRORS: NodeErrorTable = {
  ABORT_ERR: CANCELLED,
  UND_ERR_ABORT: CANCELLED,
  UND_ERR_ABORTED: CANCELLED,
  EMFILE: OUT_OF_HANDLES,
  ENFILE: OUT_OF_HANDLES,
  ENOMEM: OUT_OF_MEMORY,
};
