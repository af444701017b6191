import { DeliveryOptimizationError } from './errors.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** Bytes of randomness in one id. */
export const UUID_RANDOM_BYTES = 10;

/** The last millisecond that fits the 48 bits of the layout, in the year 10889. */
const MAX_UNIX_MS = 2 ** 48 - 1;

/**
 * A UUID of version 7 (RFC 9562 §5.7) in lower case: ids of later milliseconds sort after earlier
 * ones, which keeps an index in order of creation.
 *
 * @param unixMs - milliseconds since 1970, a whole number from 0 to 2^48 - 1
 * @param random - 10 bytes, drawn by the caller; 74 of their 80 bits are used
 * @throws DeliveryOptimizationError E_INVALIDARG when an argument is out of these bounds
 */
export function uuidV7(unixMs: number, random: Uint8Array): string {
  if (!Number.isInteger(unixMs) || unixMs < 0 || unixMs > MAX_UNIX_MS) {
    throw new DeliveryOptimizationError('E_INVALIDARG', `${unixMs} is not a time for a UUID.`);
  }
  if (random.length !== UUID_RANDOM_BYTES) {
    const message = `A UUID takes ${UUID_RANDOM_BYTES} random bytes, not ${random.length}.`;
    throw new DeliveryOptimizationError('E_INVALIDARG', message);
  }
  const time = unixMs.toString(16).padStart(12, '0');
  const tail = Array.from(random, (byte, index) => hexByte(stamped(byte, index))).join('');
  const hex = time + tail;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** Whether the text is a UUID of any version: 8-4-4-4-12 hexadecimal digits, without braces. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Writes the version into the first random byte and the variant into the third. */
function stamped(byte: number, index: number): number {
  if (index === 0) return 0x70 | (byte & 0x0f);
  return index === 2 ? 0x80 | (byte & 0x3f) : byte;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
