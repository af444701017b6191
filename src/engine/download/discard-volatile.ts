import { isNonVolatile } from '../../core/download/traits.ts';
import type { Engine } from '../engine.ts';
import { unfinishedDownloads } from './find-downloads.ts';

/** Downloads that are ended in one transaction: a commit for each would make a start take minutes. */
const BATCH_DOWNLOADS = 250;

/** Ends the downloads of an earlier engine that were not to outlive it, and deletes what they left (J-26). */
export function discardVolatile(engine: Engine): void {
  const { store } = engine.ports;
  const ids = [...unfinishedDownloads(store)]
    .filter(({ download }) => download !== undefined && !isNonVolatile(download))
    .map(({ id }) => id);
  while (ids.length > 0) {
    const batch = ids.splice(0, BATCH_DOWNLOADS);
    // Not in batches with pauses between: nobody is to meet one of them once the start is over.
    engine.attempt('store that volatile downloads have ended', () =>
      store.together(() => {
        for (const id of batch) {
          engine.attempt(`end the volatile download ${id}`, () =>
            engine.call(engine.jobs.get(id), { call: 'cancel' }),
          );
        }
      }),
    );
  }
}
