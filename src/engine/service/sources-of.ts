import type { SourceFacts } from '../../core/facts/job-facts.ts';
import { maskUrl } from '../../core/errors.ts';
import { remoteNameInForce } from '../../core/job/file.ts';
import type { LiveJob } from '../live-job.ts';

/** Files that a list of sources speaks of at the most. */
const MAX_LISTED_FILES = 1_000;

/** Where the bytes of a job's files come from: the origin of each, and cache hosts that gave some. */
export function sourcesOf(live: LiveJob): readonly SourceFacts[] {
  return live.files.slice(0, MAX_LISTED_FILES).flatMap((file): SourceFacts[] => {
    const url = maskUrl(remoteNameInForce(file));
    const connections = live.run?.connectionCount(file.index) ?? 0;
    const { bytesFromHttp, bytesFromCacheHost } = file.statistics;
    const origin: SourceFacts = {
      fileIndex: file.index,
      kind: 'origin',
      url,
      bytesReceived: bytesFromHttp,
      connections,
      state: connections > 0 ? 'active' : 'idle',
    };
    if (bytesFromCacheHost === 0) return [origin];
    return [
      origin,
      {
        fileIndex: file.index,
        kind: 'cacheHost',
        url,
        bytesReceived: bytesFromCacheHost,
        connections: 0,
        state: 'idle',
      },
    ];
  });
}
