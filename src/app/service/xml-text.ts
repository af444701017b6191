import { DeliveryOptimizationError } from '../../core/errors.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/**
 * Text as content of an XML element.
 *
 * @throws E_INVALIDARG for a control character, which XML 1.0 cannot hold
 */
export function xmlText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      `${JSON.stringify(text)} has a control character, so it cannot stand in a service definition.`,
    );
  }
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
