import { DeliveryOptimizationError } from '../errors.ts';
import { FIELD_NAME, FIELD_VALUE, type HeaderList } from './fields.ts';

/** Longest block of custom headers, in characters with its line ends (BITS, http.md §2). */
const MAX_CUSTOM_HEADERS_LENGTH = 16_384;

/** Fields of the connection, the framing and the range, which only the engine may set (http.md §2). */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads HttpCustomHeaders or HttpCustomAuthHeaders: lines ended by CR LF or LF, or ready pairs.
 *
 * Empty lines at the end are ignored, as ready-formatted blocks often have one.
 *
 * @throws DeliveryOptimizationError E_INVALIDARG when the block is longer than 16,384 characters, a
 *   name is no token or is reserved, or a value holds a control character. The message never
 *   repeats a value, which may be a secret.
 */
export function parseCustomHeaders(
  headers: string | readonly (readonly [name: string, value: string])[],
): [name: string, value: string][] {
  const sizeCharacters =
    typeof headers === 'string'
      ? headers.length
      : headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (sizeCharacters > MAX_CUSTOM_HEADERS_LENGTH) {
    throw invalid(
      `The custom headers have ${sizeCharacters} characters, ` +
        `more than the ${MAX_CUSTOM_HEADERS_LENGTH} allowed.`,
    );
  }
  const pairs = typeof headers === 'string' ? splitLines(headers) : headers;
  return pairs.map(([name, value], index) => checkedHeader(name, value, index));
}

/**
 * The HTTP_RESPONSE_HEADERS property (http.md §11): the status line, then one field per line in the
 * order received, separated by CR LF, with nothing after the last.
 */
export function formatResponseHeaders(
  status: number,
  statusText: string,
  headers: HeaderList,
): string {
  const statusLine = `HTTP/1.1 ${status} ${statusText}`.trimEnd();
  const fields = headers.map(([name, value]) => `${name}: ${value}`.trimEnd());
  // A line end inside a value would read as another field, whatever the transport let through.
  return [statusLine, ...fields].map((line) => line.replace(/[\r\n\0]/g, ' ')).join('\r\n');
}

function splitLines(text: string): (readonly [name: string, value: string])[] {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    const colonAt = line.indexOf(':');
    if (colonAt < 0) throw invalid(`Custom header line ${index + 1} has no colon.`);
    return [line.slice(0, colonAt), line.slice(colonAt + 1)];
  });
}

function checkedHeader(name: string, value: string, index: number): [name: string, value: string] {
  if (!FIELD_NAME.test(name)) {
    throw invalid(
      `Custom header ${index + 1} has a name that is not a token (letters, digits and dashes, ` +
        'directly followed by the colon).',
    );
  }
  const lowerName = name.toLowerCase();
  if (RESERVED_NAMES.has(lowerName) || lowerName.startsWith('if-')) {
    throw invalid(`Custom header ${name} is set by the engine and cannot be given.`);
  }
  if (!FIELD_VALUE.test(value)) {
    throw invalid(
      `Custom header ${name} has a line end, a control character or a character above U+00FF ` +
        'in its value.',
    );
  }
  return [name, value.replace(/^[\t ]+/, '').replace(/[\t ]+$/, '')];
}

function invalid(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}
