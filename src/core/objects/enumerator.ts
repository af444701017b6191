import { S_FALSE, S_OK } from '../codes.ts';
import type { IEnumerator } from '../interfaces/enumerator.ts';
import { checkUnsigned32 } from '../validate/arguments.ts';

/** A cursor over a list that does not change any more. */
export class Enumerator<Item> implements IEnumerator<Item> {
  readonly #items: readonly Item[];
  #position = 0;

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  async next(count: number = 1): Promise<readonly Item[]> {
    checkUnsigned32(count, 'count');
    const delivered = this.#items.slice(this.#position, this.#position + count);
    this.#position += delivered.length;
    return delivered;
  }

  async skip(count: number): Promise<number> {
    checkUnsigned32(count, 'count');
    const left = this.#items.length - this.#position;
    this.#position += Math.min(count, left);
    return count <= left ? S_OK : S_FALSE;
  }

  async reset(): Promise<void> {
    this.#position = 0;
  }

  async getCount(): Promise<number> {
    return this.#items.length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (let [item] = await this.next(); item !== undefined; [item] = await this.next()) yield item;
  }
}
