import type { ErrorCode, FailureClass } from '../codes.ts';

/** What a Node error code stands for (errors.md 7). */
export interface NodeErrorMeaning {
  readonly code: ErrorCode;
  readonly failureClass: FailureClass;
  /** What happened, as the end of a sentence: "the disk is full". */
  readonly reason: string;
  /** What the user can do, as a sentence; absent where it heals by itself. */
  readonly advice?: string;
  /** The exact reason behind a general code. */
  readonly extended?: ErrorCode;
}

/** Meanings by the `code` of a Node error. */
export type NodeErrorTable = Readonly<Record<string, NodeErrorMeaning>>;
