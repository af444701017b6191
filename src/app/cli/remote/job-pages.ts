import type { FileResource, JobResource, Query } from '../../../rest/contract.ts';
import type { ServiceLink } from './service-link.ts';

/** Large enough for few calls, small enough for an answer that comes at once. */
const JOBS_A_PAGE = 500;
const FILES_A_PAGE = 500;

/** The jobs that a query asks for, in order of creation, page after page. */
export async function* jobPages(
  { rest }: ServiceLink,
  query: Omit<NonNullable<Query<'listJobs'>>, 'cursor' | 'limit'> = {},
): AsyncGenerator<readonly JobResource[]> {
  let cursor: string | undefined;
  do {
    const { jobs, next } = await rest.call('listJobs', {
      query: { ...query, limit: JOBS_A_PAGE, ...(cursor !== undefined && { cursor }) },
    });
    yield jobs;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

/** All of them. */
export async function allJobs(
  link: ServiceLink,
  query: Parameters<typeof jobPages>[1] = {},
): Promise<readonly JobResource[]> {
  const all: JobResource[] = [];
  for await (const page of jobPages(link, query)) all.push(...page);
  return all;
}

/**
 * The files of a job.
 *
 * @param atMost - how many are enough; a text shows some, `--json` all
 */
export async function filesOf(
  { rest }: ServiceLink,
  id: string,
  atMost: number = Number.POSITIVE_INFINITY,
): Promise<readonly FileResource[]> {
  const all: FileResource[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(FILES_A_PAGE, atMost - all.length);
    const { files, next } = await rest.call('listFiles', {
      params: { id },
      query: { limit, ...(cursor !== undefined && { cursor }) },
    });
    all.push(...files);
    cursor = next ?? undefined;
  } while (cursor !== undefined && all.length < atMost);
  return all;
}
