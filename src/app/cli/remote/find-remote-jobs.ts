import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import type { JobResource } from '../../../rest/contract.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import { shortName } from '../job-name.ts';
import { printable } from '../printable.ts';
import { allJobs } from './job-pages.ts';
import type { ServiceLink } from './service-link.ts';

const FULL_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PART_OF_ID = /^[0-9a-f-]{4,36}$/;
const MAX_CANDIDATES_SHOWN = 10;

/** Which jobs a command is for: those named, or with `--all` those in the states it is made for. */
export interface JobChoice {
  readonly texts: readonly string[];
  readonly all: boolean;
  /** States that `--all` stands for. */
  readonly states: readonly JobResource['state'][];
}

/**
 * The jobs of a choice, each once.
 *
 * @throws CommandError 28 for names together with `--all`, or neither; 42 as `findRemoteJobs`
 */
export async function chosenJobs(
  link: ServiceLink,
  { texts, all, states }: JobChoice,
): Promise<readonly JobResource[]> {
  if (all === texts.length > 0) {
    throw new CommandError(
      EXIT.BAD_OPTION,
      all ? '--all means every job, so give no names with it.' : 'Name a job, or give --all.',
    );
  }
  return all ? allJobs(link, { state: states.join(',') }) : findRemoteJobs(link, texts);
}

/**
 * The jobs meant by each text, each once. A text is a whole id; else the display name of one job
 * alone; else 4 or more characters that one id alone begins or ends with. Final jobs are looked at
 * when no other fits.
 *
 * @throws CommandError 42 with the candidates
 */
export async function findRemoteJobs(
  link: ServiceLink,
  texts: readonly string[],
): Promise<readonly JobResource[]> {
  const found = new Map<string, JobResource>();
  // Read once for all texts, and only if one of them is no whole id.
  let live: readonly JobResource[] | undefined;
  let all: readonly JobResource[] | undefined;
  for (const text of texts) {
    const job = FULL_ID.test(text.toLowerCase())
      ? await jobOfId(link, text.toLowerCase())
      : (matching((live ??= await allJobs(link)), text) ??
        matching((all ??= await allJobs(link, { all: 'true' })), text));
    if (job === undefined) throw notFound(text);
    found.set(job.id, job);
  }
  return [...found.values()];
}

/** The one job that a text means. */
export async function findRemoteJob(link: ServiceLink, text: string): Promise<JobResource> {
  const [job] = await findRemoteJobs(link, [text]);
  if (job === undefined) throw notFound(text);
  return job;
}

/**
 * The only job that goes by a text; undefined when none does.
 *
 * @throws CommandError 42 when several do
 */
export function matching(jobs: readonly JobResource[], text: string): JobResource | undefined {
  const named = jobs.filter(
    ({ displayName }) => displayName === text || shortName(displayName) === text,
  );
  if (named.length > 0) return only(named, text, 'are called');
  const part = text.toLowerCase();
  if (!PART_OF_ID.test(part)) return undefined;
  const ids = jobs.filter(({ id }) => id.startsWith(part) || id.endsWith(part));
  return ids.length === 0 ? undefined : only(ids, part, 'have an id that begins or ends with');
}

function only(jobs: readonly JobResource[], text: string, how: string): JobResource {
  const [job] = jobs;
  if (jobs.length === 1 && job !== undefined) return job;
  const shown = jobs
    .slice(0, MAX_CANDIDATES_SHOWN)
    .map(({ id, displayName }) => `  ${id}  ${printable(shortName(displayName))}`);
  if (jobs.length > shown.length) shown.push(`  and ${jobs.length - shown.length} more`);
  throw new CommandError(
    EXIT.NO_SUCH_JOB,
    `${jobs.length} jobs ${how} "${printable(text)}"; give the whole id of one:\n${shown.join('\n')}`,
  );
}

async function jobOfId({ rest }: ServiceLink, id: string): Promise<JobResource> {
  try {
    return await rest.call('getJob', { params: { id } });
  } catch (error) {
    if (!isDeliveryOptimizationError(error) || error.code !== 'DO_E_JOB_NOT_FOUND') throw error;
    throw new CommandError(EXIT.NO_SUCH_JOB, `No job of yours has the id ${id}.`, error);
  }
}

function notFound(text: string): CommandError {
  return new CommandError(
    EXIT.NO_SUCH_JOB,
    `No job goes by "${printable(text)}": give its id or name as \`haulyard list\` shows it, ` +
      'or at least 4 characters that its id alone begins or ends with.',
  );
}
