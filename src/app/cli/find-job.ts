import { isDeliveryOptimizationError } from '../../core/errors.ts';
import type { IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import type { IBackgroundCopyManager } from '../../core/interfaces/manager.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-numbers.ts';
import { printable } from './printable.ts';

const FULL_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MIN_PREFIX_CHARACTERS = 4;
const MAX_CANDIDATES_SHOWN = 10;

/** The jobs meant by each text: a whole id, or the beginning of one; each job once. */
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
 * The job whose id is `text`, or the only one whose id begins with it.
 *
 * @throws CommandError 42 with the candidates, 28 for a text that can be no id
 */
export async function findJob(
  manager: IBackgroundCopyManager,
  text: string,
): Promise<IBackgroundCopyJob> {
  const wanted = text.toLowerCase();
  if (!/^[0-9a-f-]+$/.test(wanted) || wanted.length < MIN_PREFIX_CHARACTERS) {
    throw new CommandError(
      EXIT.NO_SUCH_JOB,
      `"${printable(text)}" is no job: give its id as \`haulyard list\` shows it, ` +
        `or the first ${MIN_PREFIX_CHARACTERS} characters of it or more.`,
    );
  }
  if (FULL_ID.test(wanted)) return jobOfId(manager, wanted);
  const matches: { job: IBackgroundCopyJob; line: string }[] = [];
  for await (const job of await manager.enumJobs()) {
    const id = await job.getId();
    if (!id.startsWith(wanted)) continue;
    matches.push({ job, line: `  ${id}  ${printable(await job.getDisplayName())}` });
  }
  const [only] = matches;
  if (only === undefined) throw notFound(`No job's id begins with ${wanted}.`);
  if (matches.length === 1) return only.job;
  const shown = matches.slice(0, MAX_CANDIDATES_SHOWN).map(({ line }) => line);
  const more = matches.length - shown.length;
  if (more > 0) shown.push(`  and ${more} more`);
  throw notFound(`${matches.length} jobs' ids begin with ${wanted}:\n${shown.join('\n')}`);
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
