import { isUuid } from '../../../core/ids.ts';
import { badRequest } from './refusal.ts';

/** A place in a list as it is handed to clients, who must not read anything into it. */
export function encodeCursor(place: string | number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/** The place behind a cursor of jobs; 400 for a text that no page gave. */
export function idOfCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const id = decode(cursor);
  if (id === undefined || !isUuid(id)) throw badCursor();
  return id;
}

/** The place behind a cursor of files or events: 0 without one. */
export function numberOfCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const text = decode(cursor);
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw badCursor();
  return Number(text);
}

function decode(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  // Decoding skips what it does not know; only what encodes back was a cursor.
  return encodeCursor(text) === cursor ? text : undefined;
}

function badCursor(): Error {
  return badRequest('query.cursor', 'is not the `next` of a page of this list');
}
