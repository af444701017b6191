import { checkRaw, isProblem, knownKey } from './check-value.ts';
import { fromText } from './layers.ts';
import { problemsError } from './problems.ts';

/**
 * Checks one `section.key` and its value as text, as it comes from a command line.
 *
 * @returns what is to be stored: the value as it would stand in a file
 * @throws DeliveryOptimizationError E_INVALIDARG with everything that is wrong
 */
export function checkOverride(
  key: string,
  text: string,
): { readonly key: string; readonly value: unknown } {
  const place = { source: 'the given value' };
  const known = knownKey(key, place);
  if (isProblem(known)) throw problemsError([known]);
  const { raw } = fromText({ known, raw: text, provider: 'override', ...place }, undefined);
  return checkOverrideValue(known.key, raw);
}

/** The same for a value as it would stand in a file, such as the service is given as JSON. */
export function checkOverrideValue(
  key: string,
  value: unknown,
): { readonly key: string; readonly value: unknown } {
  const place = { source: 'the given value' };
  const known = knownKey(key, place);
  if (isProblem(known)) throw problemsError([known]);
  const checked = checkRaw(known, value, place);
  if (!checked.ok) throw problemsError(checked.problems);
  return { key: known.key, value };
}
