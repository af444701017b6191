import { S_FALSE, S_OK } from '../codes.ts';
import type { IEnumerator } from '../interfaces/enumerator.ts';
import { checkUnsigned32 } from '../validate/arguments.ts';

/** A cursor over a list that does not change any more. Its items may be made when they are asked for. */
export class Enumerator<Item> implements IEnumerator<Item> {
  readonly #length: number;
  readonly #itemAt: (index: number) => Item | undefined;
  #position = 0;

  /** @param itemAt - makes the item of a place; undefined for one that is gone, which is passed over */
  constructor(length: number, itemAt: (index: number) => Item | undefined) {
    this.#length = length;
    this.#itemAt = itemAt;
  }

  async next(count: number = 1): Promise<readonly Item[]> {
    checkUnsigned32(count, 'count');
    const delivered: Item[] = [];
    while (delivered.length < count && this.#position < this.#length) {
      const item = this.#itemAt(this.#position++);
      if (item !== undefined) delivered.push(item);
    }
    return delivered;
  }

  async skip(count: number): Promise<number> {
    checkUnsigned32(count, 'count');
    const left = this.#length - this.#position;
    this.#position += Math.min(count, left);
    return count <= left ? S_OK : S_FALSE;
  }

  async reset(): Promise<void> {
    this.#position = 0;
  }

  async getCount(): Promise<number> {
    return this.#length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (let [item] = await this.next(); item !== undefined; [item] = await this.next()) yield item;
  }
}

/** A cursor over items that are all there. */
export function enumeratorOf<Item>(items: readonly Item[]): Enumerator<Item> {
  return new Enumerator(items.length, (index) => items[index]);
}
