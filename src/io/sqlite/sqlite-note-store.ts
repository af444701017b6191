import type { NoteStore } from '../../ports/note-store.ts';
import { checkNote } from './checks.ts';
import { collectRows } from './collect-rows.ts';
import type { StoreSession } from './store-session.ts';

/** Notes in the table `note`; every change is flushed when it returns. */
export class SqliteNoteStore implements NoteStore {
  readonly #session: StoreSession;

  constructor(session: StoreSession) {
    this.#session = session;
  }

  get(name: string): string | undefined {
    return this.#session.guard('read a note', () => {
      const value = this.#session.sql.note.get(name)?.['value'];
      return typeof value === 'string' ? value : undefined;
    });
  }

  set(name: string, value: string): void {
    checkNote(name, value);
    this.#session.guard('store a note', () => this.#session.sql.putNote.run(name, value));
  }

  delete(name: string): void {
    this.#session.guard('delete a note', () => this.#session.sql.deleteNote.run(name));
  }

  list(prefix: string): readonly { readonly name: string; readonly value: string }[] {
    const parameters = [prefix, prefix, prefix];
    return this.#session.guard('list its notes', () =>
      collectRows(this.#session.sql.notes, parameters, ({ name, value }) => ({
        name: String(name),
        value: String(value),
      })),
    );
  }
}
