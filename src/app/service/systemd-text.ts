import { DeliveryOptimizationError } from '../../core/errors.ts';

/**
 * A word of a command line in a unit: quoted, with the specifiers (`%`) and variables (`$`) of
 * systemd taken literally.
 *
 * @throws E_INVALIDARG for a line end or another control character, which no unit can hold
 */
export function systemdWord(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}

/** A path in a list of paths. The same, but variables mean nothing there. */
export function systemdPath(text: string): string {
  return quoted(text);
}

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      `${JSON.stringify(text)} has a control character, so it cannot stand in a service definition.`,
    );
  }
  const literal = text.replaceAll('%', '%%');
  if (/^[\w@%+=:,./-]+$/.test(literal)) return literal;
  return `"${literal.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
