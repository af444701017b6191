import { constants } from 'node:os';

/** One positioned gather write: returns the bytes written, which may be fewer than were given. */
export type WriteSome = (buffers: readonly Uint8Array[], position: number) => Promise<number>;

/** Buffers in one `pwritev`: IOV_MAX of Linux, macOS and the BSDs; Node does not split for itself. */
const MAX_BUFFERS = 1_024;

const NO_PROGRESS = { code: 'EIO', errno: -constants.errno.EIO };

/** Writes every byte of every buffer, one after the other, from `position` on. */
export async function writeAll(
  writeSome: WriteSome,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let offset = position;
  for (let first = 0; first < buffers.length; first += MAX_BUFFERS) {
    const batch = buffers.slice(first, first + MAX_BUFFERS);
    let rest = dropFirst(batch, 0);
    while (rest.length > 0) {
      const written = await writeSome(rest, offset);
      // POSIX lets a write of some bytes take none; asking again and again would never end.
      if (written <= 0) throw Object.assign(new Error('nothing was written'), NO_PROGRESS);
      offset += written;
      rest = dropFirst(rest, written);
    }
  }
}

/** The buffers without their first `count` bytes, and without empty ones. */
function dropFirst(buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const rest: Uint8Array[] = [];
  let toDrop = count;
  for (const buffer of buffers) {
    if (buffer.length > toDrop) rest.push(toDrop === 0 ? buffer : buffer.subarray(toDrop));
    toDrop = Math.max(0, toDrop - buffer.length);
  }
  return rest;
}
