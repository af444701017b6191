/** Names of the hash functions in the platform's library. */
export const NODE_NAMES = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const;

/** A stretch of a file to hash. */
export interface HashRequest {
  readonly kind: 'hash';
  /** The digest that is meant; it begins with its first request. */
  readonly id: number;
  /** Counts the requests; the reply names the one it answers. */
  readonly sequence: number;
  readonly algorithm: keyof typeof NODE_NAMES;
  readonly descriptor: number;
  /** All bytes before it may be read. */
  readonly offset: number;
  /** The digest of these bytes is wanted, and ends with them. */
  readonly last: boolean;
}

/** What the thread of the digests is told. No message carries bytes of a file. */
export type DigestRequest =
  | HashRequest
  /** What was hashed is void: the next request begins anew. */
  | { readonly kind: 'forget'; readonly id: number }
  /** The same for good, to be acknowledged. */
  | { readonly kind: 'stop'; readonly id: number };

/** What the thread replies. */
export type DigestReply =
  /** All bytes asked for are hashed; `hex` if they were the last. */
  | {
      readonly kind: 'hashed';
      readonly id: number;
      readonly sequence: number;
      readonly hex: string | undefined;
    }
  /** The file could not be read, or ended early. */
  | { readonly kind: 'failed'; readonly id: number; readonly sequence: number }
  /** The descriptor of this digest is not used any more. */
  | { readonly kind: 'stopped'; readonly id: number };
