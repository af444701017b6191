import { fieldValues, parseContentRange, type HeaderList } from './fields.ts';
import type { BodyFraming, ParsedHead } from './head-parser.ts';

/**
 * Length of the body, in bytes, of an answer that holds exactly what was asked for in the simplest
 * form there is: a 206 with the one range that was asked for, or a 200 where none was, uncoded and
 * with its Content-Length. Undefined for every other answer (RFC 9110 §14.4, §15.3.7).
 *
 * @param requested - fields of the request
 */
export function plainBodyLength(
  requested: HeaderList,
  { status, headers }: Pick<ParsedHead, 'status' | 'headers'>,
  framing: BodyFraming,
): number | undefined {
  if (framing.kind !== 'length') return undefined;
  const codings = fieldValues(headers, 'content-encoding');
  if (codings.some((coding) => coding.toLowerCase() !== 'identity')) return undefined;
  const [asked, more] = fieldValues(requested, 'range');
  if (asked === undefined) return status === 200 ? framing.length : undefined;
  if (status !== 206 || more !== undefined) return undefined;
  return isTheRange(asked, fieldValues(headers, 'content-range'), framing.length)
    ? framing.length
    : undefined;
}

function isTheRange(asked: string, answered: readonly string[], length: number): boolean {
  const [, first, last = ''] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(asked) ?? [];
  const [field, ...others] = answered;
  const range = others.length > 0 ? undefined : parseContentRange(field ?? '');
  return (
    range?.kind === 'range' &&
    range.start === Number(first) &&
    range.end - range.start === length &&
    (last === '' || range.end <= Number(last) + 1)
  );
}
