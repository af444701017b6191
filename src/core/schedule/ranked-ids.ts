interface Entry {
  readonly id: string;
  rank: number;
  /** Its place in the heap. */
  place: number;
}

/**
 * Ids in order of a number, such as jobs by when they are due: the first one is at hand, and any of a
 * hundred thousand is put elsewhere or taken out in a dozen steps. Equal numbers: by id.
 */
export class RankedIds {
  readonly #entries = new Map<string, Entry>();
  /** A binary heap: each entry goes before the two at twice its place. */
  readonly #heap: Entry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Puts an id where its number belongs, wherever it was. */
  set(id: string, rank: number): void {
    const known = this.#entries.get(id);
    if (known === undefined) {
      const entry = { id, rank, place: this.#heap.length };
      this.#entries.set(id, entry);
      this.#heap.push(entry);
      this.#rise(entry);
      return;
    }
    known.rank = rank;
    this.#settle(known);
  }

  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#put(last, entry.place);
    this.#settle(last);
  }

  /** The first one; undefined when there is none. */
  peek(): { readonly id: string; readonly rank: number } | undefined {
    return this.#heap[0];
  }

  /** The first ones in order, up to `count`. They stay. */
  first(count: number): readonly string[] {
    // Those that may come next: what lies below the ones already taken.
    const found: string[] = [];
    const next = this.#heap.slice(0, 1);
    while (found.length < count && next.length > 0) {
      const entry = next.shift()!;
      found.push(entry.id);
      for (const below of [2 * entry.place + 1, 2 * entry.place + 2]) {
        const candidate = this.#heap[below];
        if (candidate !== undefined) insert(next, candidate);
      }
    }
    return found;
  }

  #settle(entry: Entry): void {
    this.#rise(entry);
    this.#sink(entry);
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const above = this.#heap[(entry.place - 1) >> 1]!;
      if (!goesBefore(entry, above)) return;
      this.#swap(entry, above);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const below =
        left !== undefined && right !== undefined && goesBefore(right, left) ? right : left;
      if (below === undefined || !goesBefore(below, entry)) return;
      this.#swap(below, entry);
    }
  }

  #swap(one: Entry, other: Entry): void {
    const { place } = one;
    this.#put(one, other.place);
    this.#put(other, place);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}

function goesBefore(one: Entry, other: Entry): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.id < other.id);
}

/** Into a short list in order. */
function insert(list: Entry[], entry: Entry): void {
  let place = list.length;
  while (place > 0 && goesBefore(entry, list[place - 1]!)) place -= 1;
  list.splice(place, 0, entry);
}
