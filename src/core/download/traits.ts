import {
  BG_JOB_PRIORITY,
  BITS_JOB_TRANSFER_POLICY,
  DODownloadCostPolicy,
  DODownloadProperty,
} from '../constants.ts';
import type { Job } from '../job/job.ts';
import type { DownloadRecord } from './record.ts';

/** Parts of a job that a download's properties decide. */
export type DownloadTraits = Partial<
  Pick<Job, 'displayName' | 'priority' | 'costFlags' | 'noProgressTimeoutSeconds'>
>;

const COST_FLAGS: Readonly<Record<DODownloadCostPolicy, number>> = {
  [DODownloadCostPolicy.Always]: BITS_JOB_TRANSFER_POLICY.ALWAYS,
  [DODownloadCostPolicy.Unrestricted]: BITS_JOB_TRANSFER_POLICY.UNRESTRICTED,
  [DODownloadCostPolicy.Standard]: BITS_JOB_TRANSFER_POLICY.STANDARD,
  [DODownloadCostPolicy.NoRoaming]: BITS_JOB_TRANSFER_POLICY.NOT_ROAMING,
  [DODownloadCostPolicy.NoSurcharge]: BITS_JOB_TRANSFER_POLICY.NO_SURCHARGE,
  // Nothing about cost: the kind of the link decides, see `disallowsCellular`.
  [DODownloadCostPolicy.NoCellular]: BITS_JOB_TRANSFER_POLICY.ALWAYS,
};

/** What setting a property, already checked, changes of the job besides the record. */
export function traitsOf(
  id: DODownloadProperty,
  value: string | number | boolean,
): DownloadTraits | undefined {
  switch (id) {
    case DODownloadProperty.DisplayName:
      return { displayName: String(value) };
    case DODownloadProperty.CostPolicy:
      return { costFlags: COST_FLAGS[value as DODownloadCostPolicy] };
    case DODownloadProperty.NoProgressTimeoutSeconds:
      return { noProgressTimeoutSeconds: Number(value) };
    case DODownloadProperty.ForegroundPriority:
      return { priority: value === true ? BG_JOB_PRIORITY.FOREGROUND : BG_JOB_PRIORITY.NORMAL };
    default:
      return undefined;
  }
}

/** Whether a download refuses cellular links: DisallowOnCellular, or the cost policy NoCellular. */
export function disallowsCellular(download: DownloadRecord | undefined): boolean {
  if (download === undefined) return false;
  const { properties } = download;
  return (
    properties[DODownloadProperty.DisallowOnCellular] === true ||
    properties[DODownloadProperty.CostPolicy] === DODownloadCostPolicy.NoCellular
  );
}

/** Whether a download outlives the engine that it was made in; default false (api.md 3.5, J-26). */
export function isNonVolatile(download: DownloadRecord): boolean {
  return download.properties[DODownloadProperty.NonVolatile] === true;
}
