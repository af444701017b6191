import { mkdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

import { maskUrl } from '../../../core/errors.ts';
import { errorFromFileSystem } from '../../../core/node-errors.ts';
import type { IBackgroundCopyManager } from '../../../core/interfaces/manager.ts';
import { directoriesOf, planDownloads, type PlannedDownload } from '../download-plan.ts';
import { readJobBook, type Demands, type JobBook } from '../job-book.ts';
import { listenForInterruption } from '../interruption.ts';
import { checksumOption, headersOption, priorityOption, timeoutOption } from '../option-values.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import { openJobs } from '../open-jobs.ts';
import { exitCodeOfAll, type Outcome } from '../outcome.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import { openDisplay } from '../progress/open-display.ts';
import type { ProgressDisplay } from '../progress/progress.ts';
import { readUrlList } from '../read-url-list.ts';
import { adviceLine, atPercent, endLine } from '../report.ts';
import { exists, fileExists, knownSize, outcomeError, runJob, type JobTask } from '../run-job.ts';
import { engineOptions, type TransferOptions } from '../transfer-options.ts';

/** Options of `get`, as typed. */
export interface GetOptions extends TransferOptions {
  readonly out?: string;
  readonly dir?: string;
  readonly inputFile?: string;
  readonly checksum?: string;
  readonly header?: readonly string[];
  readonly priority: string;
  readonly timeout: string;
  /** False with `--no-clobber`. */
  readonly clobber: boolean;
}

/** What every download of one command shares. */
interface Round {
  readonly manager: IBackgroundCopyManager;
  readonly book: JobBook;
  readonly demands: Demands;
  readonly display: ProgressDisplay;
  readonly output: Output;
  readonly keepExisting: boolean;
  readonly signal: AbortSignal;
}

/** `haulyard get`: fetches URLs into files, one job for each, and completes the jobs. */
export async function get(urls: readonly string[], options: GetOptions): Promise<number> {
  const output = openOutput(options);
  // Everything that can be wrong with the command is found before anything starts.
  const engine = engineOptions(options);
  const demands: Demands = {
    digest: options.checksum === undefined ? undefined : checksumOption(options.checksum),
    headers: headersOption(options.header ?? []),
    priority: priorityOption(options.priority),
    noProgressSeconds: timeoutOption(options.timeout),
  };
  const directory = resolve(options.dir ?? '.');
  const list = options.inputFile === undefined ? [] : await readUrlList(options.inputFile);
  const plan = planDownloads({ urls, list, directory, out: options.out });
  if (demands.digest !== undefined && plan.length > 1) {
    throw new CommandError(EXIT.BAD_OPTION, '--checksum is for one file, so it goes with one URL.');
  }
  await makeDirectories(plan, directory);

  using interruption = listenForInterruption();
  const { signal } = interruption;
  const outcomes: Outcome[] = [];
  {
    await using manager = await openJobs('get', options, output, engine);
    const book = await readJobBook(manager);
    using display = await openDisplay(output);
    const keepExisting = !options.clobber;
    const round = { manager, book, demands, display, output, keepExisting, signal };
    await fetchAll(plan, round, outcomes);
  }
  const again = signal.aborted
    ? 'Run the same command again, or: '
    : 'Try again with the same command, or: ';
  const advice = adviceLine(outcomes, again, options.dataDir);
  if (advice !== undefined) output.line(advice);
  return signal.aborted && outcomes.length < plan.length
    ? EXIT.UNFINISHED
    : exitCodeOfAll(outcomes);
}

async function makeDirectories(plan: readonly PlannedDownload[], directory: string): Promise<void> {
  for (const path of directoriesOf(plan, directory)) {
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw errorFromFileSystem(error, `create the directory ${path}`, 'directory');
    }
  }
}

/** Makes or takes up one job after the other, in the order of the command, and lets them all run. */
async function fetchAll(
  plan: readonly PlannedDownload[],
  round: Round,
  outcomes: Outcome[],
): Promise<void> {
  const { display, output, signal } = round;
  const running: Promise<void>[] = [];
  const end = (outcome: Outcome, before: number): void => {
    outcomes.push(outcome);
    display.end(outcome.id ?? '', endLine(outcome, before, output));
    output.object(outcome);
  };
  for (const wanted of plan) {
    // Jobs that were not made yet need no undoing.
    if (signal.aborted) break;
    try {
      const { task, before } = await prepared(wanted, round);
      running.push(runJob(task, display, signal).then((outcome) => end(outcome, before)));
    } catch (error) {
      end(neverStarted(wanted, error), 0);
    }
  }
  await Promise.all(running);
}

/** A job to run, and the bytes of it that were here before. */
async function prepared(
  wanted: PlannedDownload,
  round: Round,
): Promise<{ readonly task: JobTask; readonly before: number }> {
  const { manager, book, demands, display, keepExisting } = round;
  const { url, file } = wanted;
  const name = nameOf(wanted);
  if (keepExisting && (await exists(file))) throw fileExists(file);
  const { job, note } = await book.jobFor(manager, wanted, demands);
  const id = await job.getId();
  const progress = await job.getProgress();
  const bytesTotal = knownSize(progress.bytesTotal);
  const { bytesTransferred: before } = progress;
  const resuming =
    before > 0 ? `resuming${atPercent({ bytesTotal, bytesTransferred: before })}` : '';
  const doing = resuming === '' ? `fetching ${maskUrl(url)}` : resuming;
  display.begin(id, name, note === undefined ? doing : `${doing} (${note})`);
  return { task: { job, id, name, url, file, keepExisting }, before };
}

function neverStarted(wanted: PlannedDownload, error: unknown): Outcome {
  return {
    id: null,
    name: nameOf(wanted),
    url: wanted.url,
    file: wanted.file,
    state: null,
    bytesTotal: null,
    bytesTransferred: 0,
    filesTotal: 1,
    filesTransferred: 0,
    elapsedMs: 0,
    error: outcomeError(error),
  };
}

function nameOf({ file }: PlannedDownload): string {
  return printable(basename(file));
}
