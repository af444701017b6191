import type { LiveJob } from '../live-job.ts';
import { DownloadMemory } from './download-memory.ts';

/** The memory of a download; there is one for each, whoever holds it. */
export function memoryOf(live: LiveJob): DownloadMemory {
  live.download ??= new DownloadMemory();
  return live.download;
}
