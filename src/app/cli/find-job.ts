import { isDeliveryOptimizationError } from '../../core/errors.ts';
import type { IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import type { IBackgroundCopyManager } from '../../core/interfaces/manager.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-numbers.ts';
import { shortName } from './job-name.ts';
import { printable } from './printable.ts';

const FULL_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PART_OF_ID = /^[0-9a-f-]{4,36}$/;
const MAX_CANDIDATES_SHOWN = 10;

/** The jobs meant by each text, as `findJob` reads it; each job once. */
export async function findJobs(
  manager: IBackgroundCopyManager,
  texts: readonly string[],
): Promise<readonly IBackgroundCopyJob[]> {
  const jobs = new Map<string, IBackgroundCopyJob>();
  for (const text of texts) {
    const job = await findJob(manager, text);
    jobs.set(await job.getId(), job);
  }
  return [...jobs.values()];
}

/**
 * The job that a text means: a whole id; else the display name of one job alone; else 4 or more
 * characters that one id alone begins or ends with.
 *
 * @throws CommandError 42 with the candidates
 */
export async function findJob(
  manager: IBackgroundCopyManager,
  text: string,
): Promise<IBackgroundCopyJob> {
  const part = text.toLowerCase();
  if (FULL_ID.test(part)) return jobOfId(manager, part);
  const named: Match[] = [];
  const byId: Match[] = [];
  for await (const job of await manager.enumJobs()) {
    const id = await job.getId();
    const name = await job.getDisplayName();
    const match = { job, line: `  ${id}  ${printable(shortName(name))}` };
    if (name === text || shortName(name) === text) named.push(match);
    if (PART_OF_ID.test(part) && (id.startsWith(part) || id.endsWith(part))) byId.push(match);
  }
  return named.length > 0
    ? only(named, text, 'are called')
    : only(byId, part, 'have an id that begins or ends with');
}

interface Match {
  readonly job: IBackgroundCopyJob;
  readonly line: string;
}

function only(matches: readonly Match[], text: string, how: string): IBackgroundCopyJob {
  const [first] = matches;
  if (first === undefined) {
    throw notFound(
      `No job goes by "${printable(text)}": give its id or name as \`haulyard list\` shows it, ` +
        'or at least 4 characters that its id alone begins or ends with.',
    );
  }
  if (matches.length === 1) return first.job;
  const shown = matches.slice(0, MAX_CANDIDATES_SHOWN).map(({ line }) => line);
  const more = matches.length - shown.length;
  if (more > 0) shown.push(`  and ${more} more`);
  throw notFound(`${matches.length} jobs ${how} "${printable(text)}":\n${shown.join('\n')}`);
}

async function jobOfId(manager: IBackgroundCopyManager, id: string): Promise<IBackgroundCopyJob> {
  try {
    return await manager.getJob(id);
  } catch (error) {
    if (!isDeliveryOptimizationError(error) || error.code !== 'DO_E_JOB_NOT_FOUND') throw error;
    throw notFound(`No job has the id ${id}; it may have been completed or cancelled.`, error);
  }
}

function notFound(message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.NO_SUCH_JOB, message, cause);
}
