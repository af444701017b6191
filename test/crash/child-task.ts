import type { BG_FILE_RANGE } from '../../src/core/interfaces/file.ts';
import type { BG_JOB_PROGRESS } from '../../src/core/interfaces/job.ts';
import type { BG_JOB_STATE } from '../../src/core/constants.ts';

/**
 * A call of a port, from its one side or the other: `after part write`, `before written`,
 * `after publish`. Commits go by what they store: `file done`, `transferred`, `publishing`,
 * `acknowledged`, `cancelled`; checkpoints by their durability; a flush of the store is a `log flush`.
 */
export type KillPoint = `before ${string}` | `after ${string}` | 'in the callback';

export interface ChildFile {
  readonly url: string;
  readonly path: string;
  readonly ranges?: readonly BG_FILE_RANGE[];
  /** The digest it must have, in hexadecimal; goes without ranges. */
  readonly sha256?: string;
}

/** What a child is to do. */
export interface ChildTask {
  readonly dataDir: string;
  /** Made when the store has no job yet; one list of files each. */
  readonly jobs?: readonly (readonly ChildFile[])[];
  /**
   * `complete` completes every job; `transfer` leaves it TRANSFERRED; `hold` lets its callback never
   * return; `cancel` cancels it on its way; `look` lets interrupted jobs alone and ends at once.
   */
  readonly end: 'complete' | 'transfer' | 'hold' | 'cancel' | 'look';
  /** Where to be killed, and at which passing of that point (the first unless told). */
  readonly kill?: { readonly point: KillPoint; readonly nth?: number };
  /** Connections to one origin, 4 unless told. */
  readonly connections?: number;
  /** How much longer every write takes. */
  readonly diskDelayMs?: number;
}

/** What a child tells. */
export type ChildEvent =
  | {
      readonly event: 'opened';
      readonly jobs: readonly ({
        readonly id: string;
        readonly state: BG_JOB_STATE;
      } & BG_JOB_PROGRESS)[];
    }
  | { readonly event: 'transferred'; readonly id: string }
  | { readonly event: 'completed' | 'cancelled'; readonly id: string; readonly result: number }
  | { readonly event: 'warning'; readonly message: string };
