/** A digest being computed. */
export interface RunningDigest {
  update(data: Uint8Array): void;
  /** Lower-case hexadecimal; ends the digest. */
  hex(): string;
}

/** Hash functions. */
export interface Digester {
  start(algorithm: 'sha-256' | 'sha-512'): RunningDigest;
}
