import { createCipheriv, createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** A body made from a seed whenever it is read, so that a gigabyte costs no memory. */
export interface SeededBody {
  readonly size: number;
  readonly seed: number;
}

/** What an origin serves under one path. */
export interface Content {
  readonly body: Buffer | SeededBody;
  /** With its quotes. Absent: a strong tag made from the body. `null`: none is sent. */
  readonly etag?: string | null;
  /** Absent: the first day of 2024. `null`: none is sent. */
  readonly lastModified?: Date | null;
  /** The Date field. Absent: now. `null`: none is sent. */
  readonly date?: Date | null;
  /** `application/octet-stream` unless told. */
  readonly contentType?: string;
}

/** Bytes an answer can be made of, read by position. */
export interface Body {
  readonly size: number;
  read(offset: number, length: number): Buffer;
}

const BLOCK_BYTES = 1 << 20;
const AES_BLOCK_BYTES = 16;
const zeros = Buffer.alloc(BLOCK_BYTES + AES_BLOCK_BYTES);
const keys = new Map<number, Buffer>();

/**
 * The bytes at `[offset, offset + length)` of the endless stream that belongs to `seed`.
 *
 * The stream is AES in counter mode: any position at once, about as fast as copying, and no
 * two blocks alike, so that bytes written to the wrong place never look right by chance.
 */
export function bytesAt(seed: number, offset: number, length: number): Buffer {
  const skip = offset % AES_BLOCK_BYTES;
  const counter = Buffer.alloc(AES_BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt((offset - skip) / AES_BLOCK_BYTES), 8);
  const cipher = createCipheriv('aes-128-ctr', keyOf(seed), counter);
  const blocks: Buffer[] = [];
  for (let left = skip + length; left > 0; left -= BLOCK_BYTES) {
    blocks.push(cipher.update(zeros.subarray(0, Math.min(left, BLOCK_BYTES))));
  }
  const all = blocks.length === 1 && blocks[0] ? blocks[0] : Buffer.concat(blocks);
  return all.subarray(skip, skip + length);
}

function keyOf(seed: number): Buffer {
  let key = keys.get(seed);
  if (!key) {
    key = createHash('sha256').update(`haulyard ${seed}`).digest().subarray(0, AES_BLOCK_BYTES);
    keys.set(seed, key);
  }
  return key;
}

function* blocksOf(size: number): Generator<{ offset: number; length: number }> {
  for (let offset = 0; offset < size; offset += BLOCK_BYTES) {
    yield { offset, length: Math.min(BLOCK_BYTES, size - offset) };
  }
}

/** Writes the first `size` bytes of a seed's stream to a new file, for servers that read a disk. */
export async function fillFile(path: string, size: number, seed: number): Promise<void> {
  await using file = await open(path, 'w');
  for (const { offset, length } of blocksOf(size)) {
    await file.write(bytesAt(seed, offset, length), 0, length, offset);
  }
}

/** SHA-256, in lower-case hexadecimal, of the first `size` bytes of a seed's stream. */
export function sha256Of(size: number, seed: number): string {
  const hash = createHash('sha256');
  for (const { offset, length } of blocksOf(size)) hash.update(bytesAt(seed, offset, length));
  return hash.digest('hex');
}

/**
 * Compares a file with the first `size` bytes of a seed's stream.
 *
 * @returns the first offset where they differ, which is the shorter one's end when one is a
 *   beginning of the other, or undefined when they are equal
 */
export async function compareFile(
  path: string,
  size: number,
  seed: number,
): Promise<number | undefined> {
  await using file = await open(path, 'r');
  const fileSize = (await file.stat()).size;
  const common = Math.min(size, fileSize);
  const found = Buffer.alloc(BLOCK_BYTES);
  for (const { offset, length } of blocksOf(common)) {
    const { bytesRead } = await file.read(found, 0, length, offset);
    const wanted = bytesAt(seed, offset, length);
    if (bytesRead === length && wanted.equals(found.subarray(0, length))) continue;
    const index = wanted.findIndex((byte, at) => at >= bytesRead || byte !== found[at]);
    return offset + index;
  }
  return fileSize === size ? undefined : common;
}

/** The whole of a content's body as something to be read by position. */
export function bodyOf(content: Content): Body {
  const { body } = content;
  if (Buffer.isBuffer(body)) return bufferBody(body);
  return { size: body.size, read: (offset, length) => bytesAt(body.seed, offset, length) };
}

/** Bytes at hand as a body. */
export function bufferBody(buffer: Buffer): Body {
  return {
    size: buffer.length,
    read: (offset, length) => buffer.subarray(offset, offset + length),
  };
}

/** The bytes `[start, end)` of a body as a body. */
export function sliceBody(body: Body, start: number, end: number): Body {
  return { size: end - start, read: (offset, length) => body.read(start + offset, length) };
}

/** The entity tag a content is served with, or undefined for none. */
export function etagOf({ etag, body }: Content): string | undefined {
  if (etag === null) return undefined;
  if (etag !== undefined) return etag;
  if (!Buffer.isBuffer(body)) return `"seed-${body.seed}-${body.size}"`;
  return `"sha-${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
}

/** The Last-Modified field a content is served with, or undefined for none. */
export function lastModifiedOf({ lastModified }: Content): string | undefined {
  if (lastModified === null) return undefined;
  return (lastModified ?? new Date('2024-01-01T00:00:00Z')).toUTCString();
}
