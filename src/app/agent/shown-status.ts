import { DODownloadState } from '../../core/constants.ts';
import { HRESULT } from '../../core/codes.ts';
import type { DeliveryOptimizationError } from '../../core/errors.ts';
import type { DO_DOWNLOAD_STATUS } from '../../core/interfaces/download.ts';
import type { AgentState, AgentStatus } from './agent-downloads.ts';
import { agentCode } from './transfer-codes.ts';

const STATES: Readonly<Record<DODownloadState, AgentState>> = {
  [DODownloadState.Created]: 'Created',
  [DODownloadState.Transferring]: 'Transferring',
  [DODownloadState.Transferred]: 'Transferred',
  [DODownloadState.Finalized]: 'Finalized',
  [DODownloadState.Aborted]: 'Aborted',
  [DODownloadState.Paused]: 'Paused',
};

/** Of a download that was not started. */
export const CREATED: AgentStatus = {
  state: 'Created',
  bytesTotal: 0,
  bytesTransferred: 0,
  error: 0,
  extendedError: 0,
};

/** The engine's status as a client of the agent sees it. */
export function agentStatus(status: DO_DOWNLOAD_STATUS): AgentStatus {
  return {
    state: STATES[status.state],
    bytesTotal: knownBytes(status.bytesTotal),
    bytesTransferred: knownBytes(status.bytesTransferred),
    error: agentCode(status.error),
    extendedError: agentCode(status.extendedError),
  };
}

/**
 * The status of a download that is with the engine.
 *
 * @param status - undefined when the engine does not have it any more
 * @param deliveryError - why content that is all there could not be delivered
 */
export function runningStatus(
  status: DO_DOWNLOAD_STATUS | undefined,
  deliveryError: DeliveryOptimizationError | undefined,
): AgentStatus {
  if (status === undefined) return undelivered(deliveryError, 0);
  const shown = agentStatus(status);
  if (deliveryError !== undefined) return { ...shown, ...failure(deliveryError.hresult) };
  if (status.state !== DODownloadState.Aborted) return shown;
  // The engine gives up what is too old; for these clients a download stays until they end it.
  return { ...shown, ...failure(status.error === 0 ? HRESULT.DO_E_JOB_TOO_OLD : status.error) };
}

export function transferredStatus(bytes: number): AgentStatus {
  return {
    state: 'Transferred',
    bytesTotal: bytes,
    bytesTransferred: bytes,
    error: 0,
    extendedError: 0,
  };
}

/** Of a download whose bytes are there and could not be put at their path. */
export function undelivered(
  error: DeliveryOptimizationError | undefined,
  bytes: number,
): AgentStatus {
  return {
    ...failure(error?.hresult ?? HRESULT.E_FAIL),
    bytesTotal: bytes,
    bytesTransferred: bytes,
  };
}

function failure(hresult: number): Pick<AgentStatus, 'state' | 'error' | 'extendedError'> {
  return { state: 'Paused', error: agentCode(hresult), extendedError: 0 };
}

/** A size that is not known yet is 0 to these clients. */
function knownBytes(bytes: number): number {
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0;
}
