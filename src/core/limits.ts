/**
 * Every bound and default of the engine, with its unit and where it comes from. `docs/limits.md`
 * is this file in prose.
 */

/** Characters in a display name (api.md 2.1). */
export const MAX_DISPLAY_NAME_CHARACTERS = 256;

/** Characters in a fileId; a bound of our own, so that a record stays small. */
export const MAX_FILE_ID_CHARACTERS = 1_024;

/** Files in one job. BITS allows 200 and DO none; this one guards memory. */
export const MAX_FILES_PER_JOB = 100_000;

/** Ranges of one file. BITS allows 500; this one guards memory. */
export const MAX_RANGES_PER_FILE = 10_000;

/** Seconds in a no-progress timeout: all that the documented ULONG holds. */
export const MAX_NO_PROGRESS_TIMEOUT_SECONDS = 0xffff_ffff;

/** Bytes of one piece, the unit of integrity and of splitting work (policies.md 2). */
export const DEFAULT_PIECE_SIZE_BYTES = 1_048_576;

/** Pieces are powers of two between these (peers.md 2). */
export const MIN_PIECE_SIZE_BYTES = 65_536;
export const MAX_PIECE_SIZE_BYTES = 4_194_304;

/** Connections to one origin. */
export const DEFAULT_CONNECTIONS_PER_ORIGIN = 4;
export const MAX_CONNECTIONS_PER_ORIGIN = 16;

/** Jobs that transfer at once (job-lifecycle.md 9). */
export const DEFAULT_FOREGROUND_SLOTS = 8;
export const DEFAULT_BACKGROUND_SLOTS = 4;

/** How long a background job keeps its slot while others wait. */
export const TIME_SLICE_MS = 300_000;

/** Time for a connection, TLS included (http.md 7). */
export const CONNECT_TIMEOUT_MS = 15_000;

/** Time from the end of a request to the end of the answer's head (http.md 7). */
export const HEADERS_TIMEOUT_MS = 60_000;

/** Longest silence in the middle of a body (http.md 7); a fast transfer is given less. */
export const BODY_IDLE_TIMEOUT_MS = 60_000;

/** Bytes of a response head; longer ones are refused with ERROR_WINHTTP_HEADER_SIZE_OVERFLOW. */
export const MAX_RESPONSE_HEAD_BYTES = 65_536;

/** Bytes received and not yet written, for one connection: what bounds memory when the disk is slow. */
export const MAX_UNWRITTEN_BYTES = 1_048_576;

/** Bytes written and not yet flushed before a flush begins at once, and how long it may wait. */
export const FLUSH_AFTER_BYTES = 16_777_216;
export const FLUSH_AFTER_MS = 1_000;

/**
 * Bytes written before the record of them is renewed, how long it may wait, and the time that lies
 * between two records at the least: a fast file would be recorded two thousand times a second.
 */
export const RECORD_AFTER_BYTES = 524_288;
export const RECORD_PAUSE_MS = 10;
export const RECORD_AFTER_MS = 200;

/**
 * A file starts over at most this often without progress before the job fails. From the third time
 * on tags are not compared any more (N-12), so mirrors that disagree on them get as many tries again.
 */
export const MAX_FILE_RESTARTS = 6;

/** Inconsistent answers (80D05001) in a row for a file before the job fails (N-8). */
export const MAX_INCONSISTENT_ANSWERS = 2;

/** Shortest time between two progress notifications of a job (job-lifecycle.md 2). */
export const PROGRESS_INTERVAL_MS = 500;

/** A callback that has not settled by then counts as not delivered (J-32). */
export const CALLBACK_TIMEOUT_MS = 60_000;

/** Notifications delivered at once (job-lifecycle.md 4). */
export const MAX_CONCURRENT_CALLBACKS = 4;

/** FileTransferred notifications kept for a slow callback; older ones are dropped first. */
export const MAX_PENDING_FILE_NOTIFICATIONS = 1_000;

/** First and longest wait before an unacknowledged notification is repeated (job-lifecycle.md 4). */
export const NOTIFY_RETRY_MIN_MS = 60_000;
export const NOTIFY_RETRY_MAX_MS = 600_000;

/** How often the sweep for expired jobs runs (J-15). */
export const SWEEP_INTERVAL_MS = 3_600_000;

/** Finished and cancelled jobs stay readable by id in the store this long. */
export const HISTORY_MS = 604_800_000;

/** Events kept in the log at the most; the oldest go first, at each sweep. */
export const MAX_KEPT_EVENTS = 100_000;

/** Jobs of one kind that may be allowed to transfer at once. */
export const MAX_SLOTS = 1_000;

/** Files of one job that are fetched and not done yet: flushed, checked and waiting for the store. */
export const MAX_FINISHING_FILES = 64;

/** Less than this is split off a segment only where the wait for it would be long, and never on trial. */
export const MIN_SPLIT_BYTES = 4_194_304;
