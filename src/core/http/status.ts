/**
 * What a final status means for a download (http.md §6, errors.md §4).
 *
 * - `content`: the body is the whole file (203 is a 200 a proxy transformed, RFC 9110 §15.3.4)
 * - `partial`: the body is a range
 * - `unusable-success`: a 2xx without the file: transient DO_E_UNEXPECTED_HTTP_STATUS_2XX
 * - `followed`: a redirect to follow
 * - `challenge`: credentials are asked for, once
 * - `special-412`, `special-416`: restart the file once, by the tables of http.md §6
 * - `transient-once`: worth one more try, on a fresh connection
 * - `transient`, `fatal`: an error of that class with the exact status
 */
export type StatusDisposition =
  | 'content'
  | 'partial'
  | 'unusable-success'
  | 'followed'
  | 'challenge'
  | 'special-412'
  | 'special-416'
  | 'transient-once'
  | 'transient'
  | 'fatal';

/** Statuses that leave the rule of their hundred. */
const EXCEPTIONS: ReadonlyMap<number, StatusDisposition> = new Map([
  // Nothing asked for an upgrade, so another protocol cannot be spoken from here on.
  [101, 'fatal'],
  [200, 'content'],
  [203, 'content'],
  [206, 'partial'],
  [300, 'fatal'],
  [301, 'followed'],
  [302, 'followed'],
  [303, 'followed'],
  // Never asked for: it answers If-None-Match and If-Modified-Since only.
  [304, 'fatal'],
  [305, 'fatal'],
  [306, 'fatal'],
  [307, 'followed'],
  [308, 'followed'],
  [401, 'challenge'],
  [407, 'challenge'],
  [408, 'transient'],
  [409, 'transient'],
  [412, 'special-412'],
  [416, 'special-416'],
  [421, 'transient-once'],
  [425, 'transient'],
  [429, 'transient'],
  [501, 'fatal'],
  [505, 'fatal'],
]);

/** The class of every status, also of those no table names and of numbers that are no status. */
export function statusDisposition(status: number): StatusDisposition {
  const exception = EXCEPTIONS.get(status);
  if (exception !== undefined) return exception;
  if (status >= 200 && status <= 299) return 'unusable-success';
  if (status >= 400 && status <= 499) return 'fatal';
  // BITS tries again after the 3xx it does not list, every other 5xx and all other codes.
  return 'transient';
}
