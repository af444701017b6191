/**
 * Does the same for every item, several at a time, in the order they stand in.
 *
 * After a failure nothing more is begun. Rejects with the first item's failure, in their order, once
 * nothing is under way any more.
 *
 * @param width - how many at a time
 */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  task: (item: Item, position: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: { readonly position: number; readonly error: unknown }[] = [];
  const work = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const position = next;
      next += 1;
      try {
        await task(items[position]!, position);
      } catch (error) {
        failures.push({ position, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  const [first] = failures.sort((a, b) => a.position - b.position);
  if (first !== undefined) throw first.error;
}
