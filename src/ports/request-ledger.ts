/** A request that carried an Idempotency-Key and was answered. */
export interface AnsweredRequest {
  /** Digest of the request: the same key with another request is a mistake of the caller. */
  readonly fingerprint: string;
  /** The job it made. */
  readonly jobId: string;
}

/** Remembers which job a create request made, so that repeating the request makes no second one. */
export interface RequestLedger {
  find(owner: string, key: string): AnsweredRequest | undefined;
  /** Forgets keys older than `wallMs`, all or so many of them. Returns how many that were. */
  trim(wallMs: number, atMost?: number): number;
}
