import { DODownloadProperty } from '../../core/constants.ts';
import { readProperty } from '../../core/download/read-property.ts';
import { downloadProperty } from '../../core/download/properties.ts';
import type { Job } from '../../core/job/job.ts';
import type { JobStore } from '../../ports/job-store.ts';

/** Jobs read from the store at once. */
const PAGE = 500;

/** Properties by which downloads can be enumerated (api.md 3.1). */
export const FILTER_PROPERTIES: readonly DODownloadProperty[] = [
  DODownloadProperty.Id,
  DODownloadProperty.Uri,
  DODownloadProperty.ContentId,
  DODownloadProperty.DisplayName,
  DODownloadProperty.LocalPath,
];

/** Downloads that are not final, in order of creation; of one owner, or of all. */
export function* unfinishedDownloads(store: JobStore, owner?: string): Generator<Job> {
  let afterId: string | undefined;
  for (;;) {
    const page = store.page({
      limit: PAGE,
      includeFinal: false,
      family: 'download',
      ...(owner === undefined ? {} : { owner }),
      ...(afterId === undefined ? {} : { afterId }),
    });
    yield* page;
    if (page.length < PAGE) return;
    afterId = page.at(-1)!.id;
  }
}

/** Whether one of the filter properties has this very value. */
export function hasProperty(job: Job, id: DODownloadProperty, value: string): boolean {
  const row = downloadProperty(id);
  return row !== undefined && readProperty(row, job, undefined, undefined) === value;
}
