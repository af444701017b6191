import { DeliveryOptimizationError } from '../errors.ts';
import { isUuid } from '../ids.ts';
import { MAX_DISPLAY_NAME_CHARACTERS } from '../limits.ts';

/** E_INVALIDARG with a sentence. */
export function invalidArgument(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}

/** A ULONG: an integer from 0 to 4,294,967,295. */
export function checkUnsigned32(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)
    return value;
  throw invalidArgument(`${name} must be an integer from 0 to 4294967295, not ${describe(value)}.`);
}

export function checkString(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw invalidArgument(`${name} must be a string, not ${describe(value)}.`);
}

export function checkNonEmptyString(value: unknown, name: string, maxCharacters: number): string {
  const text = checkString(value, name);
  if (text.length === 0) throw invalidArgument(`${name} must not be empty.`);
  if (text.length > maxCharacters) {
    throw invalidArgument(
      `${name} has ${text.length} characters; at most ${maxCharacters} are allowed.`,
    );
  }
  return text;
}

/** At most 256 characters (api.md 2.1). */
export function checkDisplayName(value: unknown): string {
  const name = checkString(value, 'displayName');
  if (name.length <= MAX_DISPLAY_NAME_CHARACTERS) return name;
  throw invalidArgument(
    `displayName has ${name.length} characters; at most ${MAX_DISPLAY_NAME_CHARACTERS} are allowed.`,
  );
}

/** Bytes per second: a whole number, at least 0. */
export function checkRate(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidArgument(
    `${name} must be a whole number of bytes per second, not ${describe(value)}.`,
  );
}

/** NOTIFICATION_CLSID: a UUID in lower case. */
export function checkClsid(value: unknown): string {
  const clsid = checkString(value, 'NOTIFICATION_CLSID').toLowerCase();
  if (isUuid(clsid)) return clsid;
  throw invalidArgument(`NOTIFICATION_CLSID must be a UUID, not ${describe(value)}.`);
}

/** A member of an enumeration; E_NOTIMPL for any other value, as BITS answers. */
export function checkMember<Value extends number>(
  value: unknown,
  members: Readonly<Record<string, Value>>,
  name: string,
): Value {
  const found = Object.values(members).find((member) => member === value);
  if (found !== undefined) return found;
  throw new DeliveryOptimizationError('E_NOTIMPL', `${describe(value)} is not a value of ${name}.`);
}

/** A value in a message: short, on one line, whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (
    value === null ||
    value === undefined ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    return String(value);
  }
  return `a value of type ${typeof value}`;
}
