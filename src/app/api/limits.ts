/** Bounds of one listener. Each can be given to `createApi`, so that tests need not wait for them. */
export interface ApiLimits {
  /** Bytes of a request body. */
  readonly bodyBytes: number;
  /** Bytes of a body that lists files: createJob and addFiles. */
  readonly fileListBytes: number;
  /** Bytes of a request's head, its first line included. */
  readonly headBytes: number;
  /** Levels of arrays and objects within a JSON body. */
  readonly jsonDepth: number;
  /** Time for a request's head to arrive, in milliseconds. */
  readonly headTimeoutMs: number;
  /** Time for a whole request to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection stays open, in milliseconds. */
  readonly keepAliveMs: number;
  /** Connections at once; further ones are closed unanswered. */
  readonly connections: number;
  /** Event streams at once, over all listeners of a service. */
  readonly eventListeners: number;
  /** Bytes that may wait for one listener of events or reader of content. */
  readonly unreadBytes: number;
  /** A listener that takes nothing for so long while something waits is dropped, in milliseconds. */
  readonly stallMs: number;
  /** Time between two comments that keep a stream alive, in milliseconds. */
  readonly heartbeatMs: number;
  /** Time between two reports of progress in an event stream, in milliseconds. */
  readonly progressMs: number;
}

export const DEFAULT_API_LIMITS: ApiLimits = {
  bodyBytes: 1_048_576,
  fileListBytes: 8_388_608,
  headBytes: 16_384,
  jsonDepth: 32,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveMs: 75_000,
  connections: 1_024,
  eventListeners: 512,
  unreadBytes: 1_048_576,
  stallMs: 30_000,
  heartbeatMs: 15_000,
  progressMs: 1_000,
};

/** Problems with a request that are listed one by one; more are counted. */
export const MAX_ISSUES = 100;
