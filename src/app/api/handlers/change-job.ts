import { BG_JOB_PRIORITY, BITS_JOB_PROPERTY_ID } from '../../../core/constants.ts';
import { asDeliveryOptimizationError, DeliveryOptimizationError } from '../../../core/errors.ts';
import { isFinal } from '../../../core/job/step.ts';
import type { Caller, TransferService } from '../../../engine/service/transfer-service.ts';
import { checkClsid, checkMember, checkUnsigned32 } from '../../../core/validate/arguments.ts';
import { checkNotifyFlags } from '../../../core/validate/notification-arguments.ts';
import type { ParsedBody } from '../../../rest/contract.ts';
import { priorityOfName } from '../dto/names.ts';

/** One property to change: whether its value is right, and the call that sets it. */
interface Change {
  readonly name: string;
  readonly check: () => unknown;
  readonly apply: () => Promise<void>;
}

/**
 * Changes properties of a job, in the order of the schema. Every value is checked before the first
 * is set; should the engine refuse one all the same, the error names those that were set before it.
 */
export async function applyChange(
  service: TransferService,
  caller: Caller,
  id: string,
  body: ParsedBody<'changeJob'>,
): Promise<void> {
  const changes = changesOf(service, caller, id, body);
  // A final job refuses every change, whatever the value (api.md 2.4: the state comes first).
  if (!isFinal(service.facts(caller, id).state)) for (const { check } of changes) check();
  const applied: string[] = [];
  for (const { name, apply } of changes) {
    try {
      await apply();
    } catch (error) {
      throw applied.length === 0 ? error : alsoSaying(error, applied);
    }
    applied.push(name);
  }
}

function changesOf(
  service: TransferService,
  caller: Caller,
  id: string,
  body: ParsedBody<'changeJob'>,
): readonly Change[] {
  const job = service.job(caller, id);
  const { priority, notifyFlags, noProgressTimeoutSeconds } = body;
  const { costFlags, notificationClsid, maxBytesPerSecond } = body;
  const changes: Change[] = [];
  if (priority !== undefined) {
    const value = typeof priority === 'string' ? priorityOfName(priority) : priority;
    changes.push({
      name: 'priority',
      check: () => checkMember(value, BG_JOB_PRIORITY, 'BG_JOB_PRIORITY'),
      apply: () => job.setPriority(value as BG_JOB_PRIORITY),
    });
  }
  if (notifyFlags !== undefined) {
    changes.push({
      name: 'notifyFlags',
      check: () => checkNotifyFlags(notifyFlags),
      apply: () => job.setNotifyFlags(notifyFlags),
    });
  }
  if (noProgressTimeoutSeconds !== undefined) {
    changes.push({
      name: 'noProgressTimeoutSeconds',
      check: () => checkUnsigned32(noProgressTimeoutSeconds, 'noProgressTimeoutSeconds'),
      apply: () => job.setNoProgressTimeout(noProgressTimeoutSeconds),
    });
  }
  if (costFlags !== undefined) {
    changes.push({
      name: 'costFlags',
      check: () => checkUnsigned32(costFlags, 'COST_FLAGS'),
      apply: () => job.setProperty(BITS_JOB_PROPERTY_ID.COST_FLAGS, costFlags),
    });
  }
  if (notificationClsid !== undefined) {
    changes.push({
      name: 'notificationClsid',
      check: () => checkClsid(notificationClsid),
      apply: () => job.setProperty(BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID, notificationClsid),
    });
  }
  if (maxBytesPerSecond !== undefined) {
    changes.push({
      name: 'maxBytesPerSecond',
      check: () => undefined,
      apply: () => service.setMaxBytesPerSecond(caller, id, maxBytesPerSecond ?? undefined),
    });
  }
  return changes;
}

function alsoSaying(error: unknown, applied: readonly string[]): DeliveryOptimizationError {
  const known = asDeliveryOptimizationError(error, 'E_UNEXPECTED');
  const { code, message, failureClass, hresult } = known;
  return new DeliveryOptimizationError(code, `${message} Set before that: ${applied.join(', ')}.`, {
    failureClass,
    hresult,
    cause: known,
  });
}
