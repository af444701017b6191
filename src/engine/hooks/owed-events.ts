import type { NoteStore } from '../../ports/note-store.ts';

/** Names of the notes that keep each hook's place in the event log. */
export const PLACE_PREFIX = 'hook/';

/**
 * Events after this one are still owed to some hook; nothing without hooks. Read from the store, so
 * that it is known before there are any hooks: while a service starts, and while they are exchanged.
 */
export function owedToHooks(notes: NoteStore): { readonly protectedSequence?: number } {
  const places = notes.list(PLACE_PREFIX).map(({ value }) => placeOf(value));
  const known = places.filter((place) => place !== undefined);
  return known.length === 0 ? {} : { protectedSequence: Math.min(...known) };
}

/** The place in a note; undefined where there is none. 0 is one: of a hook that is owed the first event. */
export function placeOf(value: string | undefined): number | undefined {
  const place = Number(value ?? Number.NaN);
  return Number.isSafeInteger(place) && place >= 0 ? place : undefined;
}
