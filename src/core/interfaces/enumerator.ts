/** A cursor over a snapshot. `for await` goes through what the cursor has left. */
export interface IEnumerator<Item> extends AsyncIterable<Item> {
  /** The next `count` items (default 1, 0 to 4,294,967,295); fewer at the end, S_FALSE in COM. */
  next(count?: number): Promise<readonly Item[]>;
  /** Resolves to S_OK, or S_FALSE when fewer than `count` were left; the cursor is then at the end. */
  skip(count: number): Promise<number>;
  reset(): Promise<void>;
  /** Items in the snapshot, wherever the cursor is. */
  getCount(): Promise<number>;
}
