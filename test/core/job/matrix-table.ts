import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BITS_JOB_TRANSFER_POLICY,
} from '../../../src/core/constants.ts';
import type { JobCall } from '../../../src/core/job/calls.ts';
import type { JobEvent } from '../../../src/core/job/events.ts';
import type { TransferFailure } from '../../../src/core/job/failure.ts';
import { NO_FILES, type Job } from '../../../src/core/job/job.ts';
import {
  FATAL,
  jobIn,
  LONG_AGO_MS,
  NOW_MS,
  OFFLINE,
  POLICY,
  TOO_OLD,
  TRANSIENT,
  troubleWith,
  twoFiles,
} from './fixtures.ts';

/**
 * Tables A and B of job-lifecycle.md as data, written from the tables and not from the code.
 *
 * A cell says what a step leads to, in the words of the tables:
 *
 * - `=` the state stays; `→S`, `→Q`, `→T`, `→TE`, `→E`, `→X`, `→A`, `→C` the next state;
 * - `nM`, `nX`, `nE`, `nF` the notifications, in order, each if its flag is set;
 * - `*` the modification time is set although nobody is notified. Notifications and changes of
 *   state set it in any case (section 0);
 * - a name beginning with `DO_E_` is the code of a refusal; `✗` is DO_E_INVALID_STATE;
 * - `–` cannot occur.
 *
 * A cell with several lines gives one for each variant of the state that differs, by its name.
 */
export type Cell = string | Readonly<Record<string, string>>;

/** Columns as in the tables. T also stands for CONNECTING, whose work is part of T (section 0). */
export interface Cells {
  readonly S: Cell;
  readonly Q: Cell;
  readonly T: Cell;
  readonly TE: Cell;
  readonly E: Cell;
  readonly X: Cell;
  /** ACKNOWLEDGED and CANCELLED. */
  readonly final: Cell;
}

export type Input = JobCall | JobEvent;

export interface Row {
  readonly name: string;
  /** What is done; `complete` is a call followed by the event that its renames lead to. */
  readonly steps: readonly Input[];
  /** How the job differs from the one of the column. */
  readonly job?: Partial<Job>;
  /** The failure that GetError tells of afterwards, where the row is a failure. */
  readonly failure?: Pick<TransferFailure, 'code' | 'extendedHresult'>;
  readonly cells: Cells;
}

/** Each state with the histories that can lead to it. */
export const STATES: readonly {
  readonly name: string;
  readonly state: BG_JOB_STATE;
  readonly column: keyof Cells;
  readonly variants: Readonly<Record<string, Job>>;
}[] = [
  {
    name: 'QUEUED',
    state: BG_JOB_STATE.QUEUED,
    column: 'Q',
    variants: {
      resumed: jobIn(BG_JOB_STATE.QUEUED),
      'resumed from an error': jobIn(BG_JOB_STATE.QUEUED, {
        trouble: troubleWith(FATAL, { failures: 0 }),
      }),
      'trying again': jobIn(BG_JOB_STATE.QUEUED, {
        trouble: troubleWith(TRANSIENT, {
          noProgressSinceMs: LONG_AGO_MS,
          blockedSinceMs: NOW_MS - 1_000,
        }),
      }),
    },
  },
  {
    name: 'CONNECTING',
    state: BG_JOB_STATE.CONNECTING,
    column: 'T',
    variants: {
      healthy: jobIn(BG_JOB_STATE.CONNECTING),
      'without a byte since a failure': jobIn(BG_JOB_STATE.CONNECTING, {
        trouble: troubleWith(TRANSIENT, { reported: false, noProgressSinceMs: LONG_AGO_MS }),
      }),
    },
  },
  {
    name: 'TRANSFERRING',
    state: BG_JOB_STATE.TRANSFERRING,
    column: 'T',
    variants: {
      healthy: jobIn(BG_JOB_STATE.TRANSFERRING),
      'without a byte since a failure': jobIn(BG_JOB_STATE.TRANSFERRING, {
        trouble: troubleWith(TRANSIENT, { reported: false, noProgressSinceMs: LONG_AGO_MS }),
      }),
    },
  },
  {
    name: 'SUSPENDED',
    state: BG_JOB_STATE.SUSPENDED,
    column: 'S',
    variants: {
      new: jobIn(BG_JOB_STATE.SUSPENDED, { resumed: false, files: twoFiles(0) }),
      'after an error': jobIn(BG_JOB_STATE.SUSPENDED, {
        trouble: troubleWith(FATAL, { failures: 0 }),
      }),
    },
  },
  {
    name: 'ERROR',
    state: BG_JOB_STATE.ERROR,
    column: 'E',
    variants: {
      failed: jobIn(BG_JOB_STATE.ERROR, { trouble: troubleWith(FATAL), lastFailure: FATAL }),
      'after a restart of the host': jobIn(BG_JOB_STATE.ERROR, { lastFailure: FATAL }),
    },
  },
  {
    name: 'TRANSIENT_ERROR',
    state: BG_JOB_STATE.TRANSIENT_ERROR,
    column: 'TE',
    variants: {
      waiting: jobIn(BG_JOB_STATE.TRANSIENT_ERROR, {
        trouble: troubleWith(TRANSIENT, {
          noProgressSinceMs: LONG_AGO_MS,
          retryAtMs: NOW_MS + 2_000,
        }),
      }),
      blocked: jobIn(BG_JOB_STATE.TRANSIENT_ERROR, {
        trouble: troubleWith(POLICY, {
          failures: 0,
          noProgressSinceMs: LONG_AGO_MS,
          blockedSinceMs: LONG_AGO_MS,
        }),
      }),
      'waiting without a network': jobIn(BG_JOB_STATE.TRANSIENT_ERROR, {
        trouble: troubleWith(TRANSIENT, {
          noProgressSinceMs: LONG_AGO_MS,
          blockedSinceMs: LONG_AGO_MS,
          retryAtMs: NOW_MS + 2_000,
        }),
      }),
    },
  },
  {
    name: 'TRANSFERRED',
    state: BG_JOB_STATE.TRANSFERRED,
    column: 'X',
    variants: {
      whole: jobIn(BG_JOB_STATE.TRANSFERRED, { files: twoFiles(2), transferredAtMs: 5 }),
      'half published': jobIn(BG_JOB_STATE.TRANSFERRED, {
        files: twoFiles(2),
        transferredAtMs: 5,
        publishing: true,
      }),
    },
  },
  {
    name: 'ACKNOWLEDGED',
    state: BG_JOB_STATE.ACKNOWLEDGED,
    column: 'final',
    variants: { completed: jobIn(BG_JOB_STATE.ACKNOWLEDGED, { files: twoFiles(2) }) },
  },
  {
    name: 'CANCELLED',
    state: BG_JOB_STATE.CANCELLED,
    column: 'final',
    variants: {
      cancelled: jobIn(BG_JOB_STATE.CANCELLED),
      expired: jobIn(BG_JOB_STATE.CANCELLED, { lastFailure: TOO_OLD }),
    },
  },
];

function everywhere(cell: Cell, final: Cell): Cells {
  return { S: cell, Q: cell, T: cell, TE: cell, E: cell, X: cell, final };
}

/** Nothing, except where the columns given say otherwise. */
function only(cells: Partial<Cells>): Cells {
  return { ...everywhere('=', '='), ...cells };
}

const THREE_FILES = { ...twoFiles(2), total: 3, bytesTotal: 300 };
const NEVER_OVER: Partial<Job> = { noProgressTimeoutSeconds: 1_000_000 };

/** Table A. */
export const CALLS: readonly Row[] = [
  {
    name: 'AddFileWithRanges, Job2.AddFile',
    steps: [{ call: 'addFile', files: THREE_FILES }],
    cells: { ...everywhere('= nM', '✗'), X: '→S nM' },
  },
  {
    name: 'Job2.AddFile without a sink',
    steps: [{ call: 'addFile', files: { ...THREE_FILES, withoutSink: 1, unknownSize: 1 } }],
    cells: { ...everywhere('= nM', '✗'), X: '→S nM' },
  },
  {
    name: 'File2.SetRemoteName',
    steps: [{ call: 'setRemoteName' }],
    cells: everywhere('= nM', '✗'),
  },
  {
    name: 'File2.SetProperty',
    steps: [{ call: 'setFileProperty', files: twoFiles(0) }],
    // The cell says "=" and api.md 2.8 that every changed property is notified.
    cells: { ...everywhere('✗', '✗'), S: { new: '= nM', 'after an error': '✗' } },
  },
  {
    name: 'Resume, job has files',
    steps: [{ call: 'resume' }],
    cells: { S: '→Q nM', Q: '=', T: '=', TE: '→Q nM', E: '→Q nM', X: '=', final: '✗' },
  },
  {
    name: 'Resume, job has no file',
    steps: [{ call: 'resume' }],
    job: { files: NO_FILES },
    cells: { ...everywhere('–', '✗'), S: 'DO_E_JOB_EMPTY' },
  },
  {
    name: 'Resume, a file lacks its sink',
    steps: [{ call: 'resume' }],
    job: { files: { ...twoFiles(1), withoutSink: 1 } },
    cells: { ...everywhere('DO_E_LOCALPATH_NOT_SET', '✗'), X: '–' },
  },
  {
    name: 'Suspend',
    steps: [{ call: 'suspend' }],
    cells: { S: '=', Q: '→S nM', T: '→S nM', TE: '→S nM', E: '→S nM', X: '=', final: '✗' },
  },
  {
    name: 'Complete, before its renames',
    steps: [{ call: 'complete' }],
    cells: everywhere('=', '✗'),
  },
  {
    name: 'Complete',
    steps: [
      { call: 'complete' },
      { event: 'publishing' },
      { event: 'published', files: twoFiles(2) },
    ],
    // "After A or C: one last nM" (section 4).
    cells: everywhere('→A nM', '✗'),
  },
  {
    name: 'Complete of an empty job',
    steps: [{ call: 'complete' }, { event: 'published', files: NO_FILES }],
    job: { files: NO_FILES },
    cells: { ...everywhere('–', '✗'), S: '→A nM' },
  },
  {
    name: 'Complete, a rename after the first fails',
    steps: [
      { call: 'complete' },
      { event: 'publishing' },
      { event: 'publishFailed', files: twoFiles(2), delivered: true },
    ],
    // Files that were renamed before the failure have changed: Completed is TRUE for them.
    cells: { S: '= nM', Q: '→S nM', T: '→S nM', TE: '→S nM', E: '= nM', X: '= nM', final: '✗' },
  },
  {
    name: 'Complete, the first rename fails',
    steps: [
      { call: 'complete' },
      { event: 'publishing' },
      { event: 'publishFailed', files: twoFiles(1), delivered: false },
    ],
    cells: { S: '=', Q: '→S nM', T: '→S nM', TE: '→S nM', E: '=', X: '=', final: '✗' },
  },
  {
    name: 'Cancel',
    steps: [{ call: 'cancel' }],
    cells: everywhere('→C nM', '✗'),
  },
  ...Object.entries(BG_JOB_PRIORITY).map(([name, priority]): Row => ({
    name: `SetPriority(${name})`,
    steps: [{ call: 'setPriority', priority }],
    cells: everywhere('= nM', '✗'),
  })),
  ...[0, 300, 0xffff_ffff].map((seconds): Row => ({
    name: `SetNoProgressTimeout(${seconds})`,
    steps: [{ call: 'setNoProgressTimeout', seconds }],
    cells: everywhere('= nM', '✗'),
  })),
  {
    name: 'Job5.SetProperty(COST_FLAGS)',
    steps: [{ call: 'setCostFlags', costFlags: BITS_JOB_TRANSFER_POLICY.UNRESTRICTED }],
    cells: everywhere('= nM', '✗'),
  },
  {
    name: 'Job5.SetProperty(NOTIFICATION_CLSID)',
    steps: [{ call: 'setNotificationClsid', clsid: '9e4b2c1a-5d6f-4c3b-8a7e-000000000001' }],
    cells: everywhere('= nM', '✗'),
  },
  ...[undefined, 0, 1_000_000].map((bytesPerSecond): Row => ({
    name: `SetMaxBytesPerSecond(${bytesPerSecond})`,
    steps: [{ call: 'setMaxBytesPerSecond', bytesPerSecond }],
    cells: everywhere('= nM', '✗'),
  })),
  {
    name: 'SetQueueOrder',
    steps: [{ call: 'setQueueOrder', queueOrder: -3 }],
    cells: everywhere('= nM', '✗'),
  },
  {
    name: 'SetCustomHeaders',
    steps: [{ call: 'setCustomHeaders' }],
    cells: everywhere('= nM', '✗'),
  },
  ...[0, 0x3, 0x4, 0x3f].map((flags): Row => ({
    name: `SetNotifyFlags(${flags})`,
    steps: [{ call: 'setNotifyFlags', flags }],
    cells: everywhere('= *', '✗'),
  })),
  {
    name: 'SetNotifyInterface',
    steps: [{ call: 'setNotifyInterface', clears: false }],
    cells: everywhere('=', '✗'),
  },
  {
    name: 'SetNotifyInterface(NULL)',
    steps: [{ call: 'setNotifyInterface', clears: true }],
    cells: everywhere('=', '='),
  },
];

/**
 * Table B. It names the states an event is for; in the others the event comes too late, and what
 * has become of the job stands. Bytes that arrive while a transfer is being stopped are there all
 * the same, and so they are counted (section 0).
 */
export const EVENTS: readonly Row[] = [
  {
    name: 'slot granted',
    steps: [{ event: 'slotGranted' }],
    cells: only({ Q: '→T nM' }),
  },
  {
    name: 'slot lost',
    steps: [{ event: 'slotLost' }],
    cells: only({ T: '→Q nM' }),
  },
  {
    name: 'size learned',
    steps: [{ event: 'filesChanged', files: twoFiles(1), progressed: false }],
    job: { files: { ...twoFiles(1), unknownSize: 1, bytesTotal: 100 } },
    cells: { ...everywhere('= nM', '='), X: '–' },
  },
  {
    name: 'bytes written',
    steps: [
      {
        event: 'filesChanged',
        files: { ...twoFiles(1), bytesTransferred: 150 },
        progressed: true,
      },
    ],
    job: { files: twoFiles(1) },
    cells: { ...everywhere('= nM', '='), X: '–' },
  },
  {
    name: 'server file changed',
    steps: [
      {
        event: 'filesChanged',
        files: { ...twoFiles(1), bytesTransferred: 100 },
        progressed: false,
      },
    ],
    job: { files: { ...twoFiles(1), bytesTransferred: 150 } },
    cells: { ...everywhere('= nM', '='), X: '–' },
  },
  {
    name: 'one file done, others left',
    steps: [{ event: 'filesDone', fileIndexes: [0], files: twoFiles(1) }],
    job: { files: twoFiles(0) },
    cells: { ...everywhere('= nM', '='), T: '= nF nM', X: '–' },
  },
  {
    name: 'last file done',
    steps: [{ event: 'filesDone', fileIndexes: [1], files: twoFiles(2) }],
    job: { files: twoFiles(1) },
    cells: { ...everywhere('= nM', '='), T: '→X nF nX', X: '–' },
  },
  {
    name: 'transient error',
    steps: [{ event: 'failed', failure: TRANSIENT }],
    failure: TRANSIENT,
    cells: only({ Q: '→TE nM', T: '→TE nM' }),
  },
  {
    name: 'transient error with Retry-After',
    steps: [{ event: 'failed', failure: { ...TRANSIENT, retryAfterMs: 90_000 } }],
    failure: TRANSIENT,
    cells: only({ Q: '→TE nM', T: '→TE nM' }),
  },
  {
    name: 'transient error, no-progress timeout 0',
    steps: [{ event: 'failed', failure: TRANSIENT }],
    job: { noProgressTimeoutSeconds: 0 },
    failure: TRANSIENT,
    cells: only({ Q: '→E nE', T: '→E nE' }),
  },
  {
    name: 'policy block',
    steps: [{ event: 'failed', failure: POLICY }],
    failure: POLICY,
    cells: only({ Q: '→TE nM', T: '→TE nM' }),
  },
  {
    name: 'policy block, no-progress timeout 0',
    steps: [{ event: 'failed', failure: POLICY }],
    job: { noProgressTimeoutSeconds: 0 },
    failure: POLICY,
    cells: only({ Q: '→TE nM', T: '→TE nM' }),
  },
  {
    name: 'block lifted, network back',
    steps: [{ event: 'unblocked' }],
    cells: only({ TE: '→Q nM' }),
  },
  {
    name: 'network lost',
    steps: [{ event: 'networkLost', failure: OFFLINE }],
    failure: OFFLINE,
    cells: only({ Q: '→TE nM', T: '→TE nM' }),
  },
  {
    name: 'retry timer due',
    steps: [{ event: 'retryDue' }],
    // No timer runs while the job is blocked.
    cells: only({
      TE: { waiting: '→Q nM', blocked: '=', 'waiting without a network': '=' },
    }),
  },
  {
    name: 'no-progress timeout over',
    steps: [{ event: 'noProgressDue' }],
    failure: { code: 'DO_E_DOWNLOAD_NO_PROGRESS', extendedHresult: TRANSIENT.hresult },
    cells: only({
      T: { healthy: '=', 'without a byte since a failure': '→E nE' },
      TE: { waiting: '→E nE', blocked: '=', 'waiting without a network': '=' },
    }),
  },
  {
    name: 'no-progress timer fires before the timeout is over',
    steps: [{ event: 'noProgressDue' }],
    job: NEVER_OVER,
    cells: only({}),
  },
  {
    name: 'fatal error',
    steps: [{ event: 'failed', failure: FATAL }],
    failure: FATAL,
    cells: only({ Q: '→E nE', T: '→E nE' }),
  },
  {
    name: '30 days since creation',
    steps: [{ event: 'expired', failure: TOO_OLD }],
    cells: everywhere('→C nM', '='),
  },
  {
    name: 'process crash, then restart',
    steps: [{ event: 'recovered' }],
    cells: only({ T: '→Q', TE: '→Q' }),
  },
  {
    name: 'renames of Complete begin',
    steps: [{ event: 'publishing' }],
    cells: only({}),
  },
  {
    name: 'renames of Complete end after the job became final',
    steps: [{ event: 'published', files: twoFiles(2) }],
    cells: everywhere('–', '='),
  },
  {
    name: 'renames of Complete fail after the job became final',
    steps: [{ event: 'publishFailed', files: twoFiles(2), delivered: true }],
    cells: everywhere('–', '='),
  },
];
