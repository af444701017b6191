/**
 * What a result code means for the work it hits (errors.md 0).
 *
 * - `call`: returned by a method; no state changes.
 * - `fatal`: the job goes to ERROR and waits for a person.
 * - `transient`: the job goes to TRANSIENT_ERROR and is retried until it makes no progress for too long.
 * - `policy`: the job waits for an event (network, power, cost), which does not count as lack of progress.
 * - `info`: success or bookkeeping.
 * - `unused`: kept so that it can be printed; never raised for a job.
 */
export type FailureClass = 'call' | 'fatal' | 'transient' | 'policy' | 'info' | 'unused';

/**
 * One code of a table.
 *
 * Where errors.md names two classes ("call / fatal", "transient, then fatal"), the row has the first;
 * whoever raises the error knows the situation and says otherwise.
 */
export type CodeRow = readonly [hresult: number, failureClass: FailureClass, meaning: string];
