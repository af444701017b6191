import { DeliveryOptimizationError } from '../../core/errors.ts';

/** A request target, taken apart and not yet judged. */
export interface Target {
  /** Path segments, decoded and in lower case; empty ones are left out. */
  readonly segments: readonly string[];
  /** What follows the first question mark, as sent. */
  readonly query: string;
  /** Host and port of a target in absolute form. */
  readonly authority: string | undefined;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;
const ANY_ESCAPE = /%|[^\0-\x7f]/;
const BAD_ESCAPE = /%(?![\da-f]{2})/i;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Takes the target of a request apart: with or without its leading slash, with slashes doubled or at
 * the end, in absolute form, with letters percent-encoded.
 *
 * @param target - one character for each byte
 * @throws ERROR_UNHANDLED_EXCEPTION for a malformed escape, which is what the agent answers
 */
export function parseTarget(target: string): Target {
  const [prefix = '', authority] = ABSOLUTE.exec(target) ?? [];
  const [local = ''] = target.slice(prefix.length).split('#', 1);
  const question = local.indexOf('?');
  const path = question === -1 ? local : local.slice(0, question);
  return {
    segments: path
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => percentDecode(segment).toLowerCase()),
    query: question === -1 ? '' : local.slice(question + 1),
    authority,
  };
}

/**
 * Resolves percent escapes and reads the bytes as UTF-8. A plus sign stays one.
 *
 * @param text - one character for each byte
 * @throws ERROR_UNHANDLED_EXCEPTION for a malformed escape, E_INVALIDARG for bytes that are not UTF-8
 */
export function percentDecode(text: string): string {
  if (!ANY_ESCAPE.test(text)) return text;
  if (BAD_ESCAPE.test(text)) {
    throw new DeliveryOptimizationError(
      'ERROR_UNHANDLED_EXCEPTION',
      'The request holds a percent sign that two hexadecimal digits do not follow.',
    );
  }
  const bytes = text.replaceAll(/%(..)/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch (cause) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      'The request holds text that is not UTF-8.',
      {
        cause,
      },
    );
  }
}
