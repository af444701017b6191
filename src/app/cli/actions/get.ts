import { basename, resolve } from 'node:path';

import { maskUrl } from '../../../core/errors.ts';
import { planDownloads, type PlannedDownload } from '../download-plan.ts';
import type { Bookings } from '../bookings.ts';
import type { Demands } from '../job-book.ts';
import { listenForInterruption } from '../interruption.ts';
import { checksumOption, headersOption, priorityOption, timeoutOption } from '../option-values.ts';
import { CommandError } from '../command-error.ts';
import { makeDirectories } from '../make-directories.ts';
import { EXIT } from '../exit-numbers.ts';
import { exitCodeOfAll, type Outcome } from '../outcome.ts';
import { openOutput, type Output } from '../output.ts';
import type { OpenManagerOptions } from '../../../open.ts';
import { printable } from '../printable.ts';
import { openDisplay } from '../progress/open-display.ts';
import type { ProgressDisplay } from '../progress/progress.ts';
import { readUrlList } from '../read-url-list.ts';
import { adviceLine, atPercent, endLine } from '../report.ts';
import { findService } from '../remote/find-service.ts';
import { exists, fileExists, outcomeError, runJob, type JobTask } from '../run-job.ts';
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
  readonly bookings: Bookings;
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
  let resumeOptions = '';
  {
    using display = await openDisplay(output);
    await using bookings = await openBookings(options, output, display, engine);
    ({ resumeOptions } = bookings);
    const keepExisting = !options.clobber;
    const round = { bookings, demands, display, output, keepExisting, signal };
    await fetchAll(plan, round, outcomes);
  }
  const again = signal.aborted
    ? 'Run the same command again, or: '
    : 'Try again with the same command, or: ';
  const advice = adviceLine(outcomes, again, options.dataDir, resumeOptions);
  if (advice !== undefined) output.line(advice);
  return signal.aborted && outcomes.length < plan.length
    ? EXIT.UNFINISHED
    : exitCodeOfAll(outcomes);
}

/** The jobs of the service when one runs, those of this process otherwise. */
async function openBookings(
  options: GetOptions,
  output: Output,
  display: ProgressDisplay,
  engine: OpenManagerOptions,
): Promise<Bookings> {
  const link = await findService(options);
  if (link === undefined) {
    const { embeddedBookings } = await import('../embedded-bookings.ts');
    return embeddedBookings(options, output, engine);
  }
  if (options.connections !== undefined) {
    output.line('-x is the setting http.connections_per_origin of the service; it is left alone.');
  }
  const { remoteBookings } = await import('../remote/remote-bookings.ts');
  return remoteBookings(link, engine.maxBytesPerSecond, (line) => display.line(line));
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

const NOTHING_HERE = { bytesTotal: undefined, bytesTransferred: 0 };

/** A job to run, and the bytes of it that were here before. */
async function prepared(
  wanted: PlannedDownload,
  round: Round,
): Promise<{ readonly task: JobTask; readonly before: number }> {
  const { bookings, demands, display, keepExisting } = round;
  const { url, file } = wanted;
  const name = nameOf(wanted);
  if (keepExisting && (await exists(file))) throw fileExists(file);
  const { job, id, note, begun } = await bookings.jobFor(wanted, demands);
  const { bytesTotal, bytesTransferred: before } = begun ? NOTHING_HERE : await job.look();
  const resuming =
    before > 0 ? `resuming${atPercent({ bytesTotal, bytesTransferred: before })}` : '';
  const doing = resuming === '' ? `fetching ${maskUrl(url)}` : resuming;
  display.begin(id, name, note === undefined ? doing : `${doing} (${note})`);
  return { task: { job, id, name, url, file, keepExisting, begun }, before };
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
