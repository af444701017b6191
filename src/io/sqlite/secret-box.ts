import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { isErrno, writePrivately } from './private-files.ts';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/**
 * Seals texts so that a copy of the database alone does not show them (http.md 9).
 *
 * A box is one byte of format, a nonce drawn anew for each box, the tag, and the text enciphered
 * with AES-256-GCM. The job's id is bound to it, so a box moved to another job does not open.
 */
export class SecretBox {
  readonly #keyPath: string;

  /** @param keyPath - a file of 32 random bytes, made at the first `seal` */
  constructor(keyPath: string) {
    this.#keyPath = keyPath;
  }

  seal(jobId: string, text: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#readOrMakeKey(), nonce);
    cipher.setAAD(Buffer.from(jobId));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), sealed]);
  }

  /** The text, or undefined when the key or the box is not the one it was sealed with. */
  open(jobId: string, box: Uint8Array): string | undefined {
    const key = this.#readKey();
    if (key === undefined || box.length < HEAD_BYTES || box[0] !== FORMAT) return undefined;
    const nonce = box.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(jobId));
    decipher.setAuthTag(box.subarray(1 + NONCE_BYTES, HEAD_BYTES));
    try {
      return Buffer.concat([
        decipher.update(box.subarray(HEAD_BYTES)),
        decipher.final(),
      ]).toString();
    } catch {
      // The tag does not fit: the caller reports it, without the text.
      return undefined;
    }
  }

  /** Read every time: it is asked for once a job, and a key that lies in memory can leak from it. */
  #readKey(): Buffer | undefined {
    try {
      const key = readFileSync(this.#keyPath);
      return key.length === KEY_BYTES ? key : undefined;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** A key that cannot be used opens nothing any more, so a new one may take its place. */
  #readOrMakeKey(): Buffer {
    const known = this.#readKey();
    if (known !== undefined) return known;
    const key = randomBytes(KEY_BYTES);
    writePrivately(this.#keyPath, key);
    return key;
  }
}
