/** Every bound of the listener for the agent's clients, and of what it keeps. */

/** Ports that are tried in order; the first free one is taken. */
export const FIRST_PORT = 50_000;
export const LAST_PORT = 60_999;

/** Bytes of one line of a request. A URL and a path, percent-encoded, fit with room to spare. */
export const MAX_LINE_BYTES = 8_192;

/** Bytes of a request line and its headers together. */
export const MAX_HEAD_BYTES = 16_384;

/** Bytes of a request body, which is read and dropped. */
export const MAX_BODY_BYTES = 1_048_576;

/** Bytes received while an earlier request is being answered, before the socket is paused. */
export const MAX_WAITING_BYTES = 65_536;

/** Bytes of a whole reply: the client process aborts on a longer one. */
export const MAX_REPLY_BYTES = 2_048;

/** Connections held at once. A new one beyond takes the place of the one that is idle longest. */
export const MAX_CONNECTIONS = 2_048;

/** Connections the system may hold for us before they are accepted. */
export const LISTEN_BACKLOG = 4_096;

/** From the first byte of a request to its last. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** How long a reply may wait for its reader once the socket's buffers are full. */
export const WRITE_TIMEOUT_MS = 10_000;

/** From our last byte on a connection that ends to the client's. */
export const LINGER_TIMEOUT_MS = 5_000;

/** Bytes dropped on a connection that ends, before it is cut. */
export const MAX_LINGER_BYTES = 1_048_576;

/** How often the time-outs are looked at, and so how late they may be. */
export const SWEEP_INTERVAL_MS = 1_000;

/** How long calls under way may still be answered when the listener closes. */
export const CLOSE_GRACE_MS = 2_000;

/** A vanished client is noticed by TCP after this much silence. */
export const KEEP_ALIVE_DELAY_MS = 60_000;

/** The configuration files are read again this often. */
export const CONFIG_INTERVAL_MS = 60_000;

/** Bytes of a configuration file; a longer one counts as unparsable. */
export const MAX_CONFIG_BYTES = 65_536;

/** Cache hosts taken from the configuration; further ones are ignored with a warning. */
export const MAX_CACHE_HOSTS = 16;

/** Seconds a client may ask for as a delay or a time-out: a ULONG. */
export const MAX_SECONDS = 4_294_967_295;

/** Downloads that are neither finalized nor aborted; E_OUTOFMEMORY beyond. */
export const MAX_DOWNLOADS = 10_000;

/** Bytes of the record of one download; a longer file is not one of ours. */
export const MAX_RECORD_BYTES = 65_536;

/** Without progress for this long a download is paused, unless its client says otherwise. */
export const DEFAULT_NO_PROGRESS_SECONDS = 300;

/** Shortest time-out a client may set: the agent looks every 10 s. */
export const MIN_NO_PROGRESS_SECONDS = 10;

/** Shortest time-out the engine takes; what a client sets below it is kept and raised for the engine. */
export const MIN_ENGINE_NO_PROGRESS_SECONDS = 60;

/** Bytes of the log file before it becomes the old one. */
export const MAX_LOG_BYTES = 1_048_576;
