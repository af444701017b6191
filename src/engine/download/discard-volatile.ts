import { isNonVolatile } from '../../core/download/traits.ts';
import type { Engine } from '../engine.ts';
import { unfinishedDownloads } from './find-downloads.ts';

/** Ends the downloads of an earlier engine that were not to outlive it, and deletes what they left (J-26). */
export function discardVolatile(engine: Engine): void {
  const volatile = [...unfinishedDownloads(engine.ports.store)].filter(
    ({ download }) => download !== undefined && !isNonVolatile(download),
  );
  for (const { id } of volatile) {
    engine.attempt(`end the volatile download ${id}`, () =>
      engine.call(engine.jobs.get(id), { call: 'cancel' }),
    );
  }
}
