import type { Job } from '../job/job.ts';

/**
 * A short text that changes with every property a caller can set and with the state, and not with
 * progress: what If-Match compares. FNV-1a of 64 bits over the values; it guards against mistakes of
 * well-meaning callers, not against an attacker.
 */
export function revisionOf(job: Job): string {
  const text = JSON.stringify([
    job.state,
    job.displayName,
    job.priority,
    job.notifyFlags,
    job.noProgressTimeoutSeconds ?? null,
    job.costFlags ?? null,
    job.notificationClsid,
    job.maxBytesPerSecond ?? null,
    job.queueOrder,
    job.files.total,
    job.download ?? null,
  ]);
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let index = 0; index < text.length; index += 1) {
    low = (low ^ text.charCodeAt(index)) >>> 0;
    // 0x100000001b3 is 2^40 + 0x1b3: the product modulo 2^64, in halves of 32 bits.
    const product = low * 0x1b3;
    const carry = Math.floor(product / 0x1_0000_0000);
    high = (Math.imul(high, 0x1b3) + carry + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
