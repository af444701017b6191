/** On every answer: what it says is for this caller and this moment, and of the type it states. */
export function commonHeaders(): Readonly<Record<string, string>> {
  return { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
}
