import { DODownloadProperty } from '../../core/constants.ts';
import { decideDownloadCall, type DownloadDecision } from '../../core/download/calls.ts';
import { NEW_DOWNLOAD, type DownloadRecord } from '../../core/download/record.ts';
import { downloadState } from '../../core/download/status.ts';
import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../../core/errors.ts';
import { newFile, recount, type JobFile } from '../../core/job/file.ts';
import type { FileRanges } from '../../core/piece/file-ranges.ts';
import type { Engine } from '../engine.ts';
import { assertFetchable, resumeJob } from '../job-calls.ts';
import type { LiveJob } from '../live-job.ts';
import { partialIdOf } from '../partial-id.ts';
import { checkStartRanges } from './check-ranges.ts';
import { assertNothingInTheWay, fileExists } from './end-download.ts';
import { memoryOf } from './memory-of.ts';
import { startFacts, type StartFacts } from './start-facts.ts';
import { startedPaths } from './started-paths.ts';
import { StreamPump } from './stream-pump.ts';
import { failVanished, hasVanished } from './vanished.ts';

/**
 * Starts a download or goes on with it: the cells of job-lifecycle.md 11, row by row decided in core.
 *
 * Everything that has to wait for the disk comes first. Then the state is looked at once more, and
 * what follows happens at once, so that no retry or policy comes between.
 */
export async function startDownload(engine: Engine, live: LiveJob, wanted: unknown): Promise<void> {
  const { started, properties } = recordOf(live);
  const totalSize = properties[DODownloadProperty.TotalSizeBytes];
  const ranges = checkStartRanges(
    wanted,
    started,
    typeof totalSize === 'number' ? totalSize : undefined,
  );
  const first = decide(live, ranges);
  // One that an earlier process left on its way may wait for being asked for.
  if (first.kind === 'nothing') return engine.scheduler.admit(live);
  const facts = startFacts(engine, live, recordOf(live), rangesOf(live, first));
  assertFetchable(fileFor(live, facts, rangesOf(live, first)));
  // The writes of a transfer that has just been stopped belong to the file as it was.
  while (live.stopping !== undefined) await live.stopping;
  await prepareTarget(engine, live, facts);
  const vanished = first.kind === 'continue' && (await hasVanished(engine, live));

  const decision = decide(live, ranges);
  if (decision.kind === 'nothing') return engine.scheduler.admit(live);
  if (!facts.streams) abortOlder(engine, live, facts.localName);
  if (decision.kind === 'begin') begin(engine, live, facts, decision.ranges);
  else if (vanished) failVanished(engine, live);
  else resumeJob(engine, live);
}

function decide(
  live: LiveJob,
  ranges: FileRanges | null,
): Exclude<DownloadDecision, { kind: 'refused' }> {
  const decision = decideDownloadCall(
    downloadState(live.job),
    { call: 'start', ranges },
    recordOf(live).ranges,
  );
  if (decision.kind !== 'refused') return decision;
  throw new DeliveryOptimizationError(decision.code, decision.message);
}

function recordOf(live: LiveJob): DownloadRecord {
  return live.job.download ?? NEW_DOWNLOAD;
}

function rangesOf(live: LiveJob, decision: DownloadDecision): FileRanges {
  return decision.kind === 'begin' ? decision.ranges : recordOf(live).ranges;
}

/** The file as it begins, with nothing of it here. */
function fileFor(live: LiveJob, facts: StartFacts, ranges: FileRanges): JobFile {
  const { uri, localName, contentId, expectedSizeBytes, integrity } = facts;
  return {
    ...newFile({
      jobId: live.id,
      index: 0,
      fileId: contentId ?? `${live.id}/0`,
      remoteName: uri,
      ranges,
      localName,
      ...(expectedSizeBytes === undefined ? {} : { expectedSizeBytes }),
    }),
    integrity,
  };
}

/** Makes the directory if it is missing, and refuses a path where a file stands (J-25). */
async function prepareTarget(engine: Engine, live: LiveJob, facts: StartFacts): Promise<void> {
  // What goes to a stream waits in a directory of the engine's own.
  const partials = facts.streams ? engine.ports.partials : engine.partialsOf(live.job);
  const { localName } = facts;
  try {
    await partials.checkTarget(localName);
  } catch (error) {
    const missing = isDeliveryOptimizationError(error) && error.code === 'ERROR_PATH_NOT_FOUND';
    if (!missing) throw error;
    await partials.createDirectoryOf(localName);
    await partials.checkTarget(localName);
  }
  if (facts.streams) return;
  if (live.files.length > 0) return assertNothingInTheWay(engine, live);
  const found = await partials.identifyTarget({ jobId: live.id, index: 0, localName });
  if (found !== undefined) throw fileExists(localName);
}

/** An earlier download of the same caller to the same path gives way (J-25). */
function abortOlder(engine: Engine, live: LiveJob, localName: string): void {
  for (const id of startedPaths(engine).to(localName)) {
    const older = id === live.id ? undefined : engine.jobs.find(id);
    if (older === undefined || older.job.owner !== live.job.owner) continue;
    // Its file is just being given the name.
    if (older.busy) throw fileExists(localName);
    engine.call(older, { call: 'cancel' });
  }
}

/**
 * Stores the file of the download anew, the first one or another portion in place of the last, and
 * resumes its job in the same step.
 */
function begin(engine: Engine, live: LiveJob, facts: StartFacts, ranges: FileRanges): void {
  const before = live.files[0];
  const wanted = fileFor(live, facts, ranges);
  const file = before === undefined ? wanted : { ...wanted, statistics: before.statistics };
  const download = { ...recordOf(live), started: true, ranges, streams: facts.streams };
  if (facts.streams) preparePump(engine, live);
  const files = recount(live.job.files, before, file);
  engine.call(live, { call: 'setDownload', download, files, resumes: true }, [file]);
  startedPaths(engine).add(live.job);
  live.forgetAttempts();
  engine.scheduler.admit(live);
}

/** A portion goes to the stream from its first byte on. */
function preparePump(engine: Engine, live: LiveJob): void {
  const memory = memoryOf(live);
  if (memory.sink !== undefined) {
    memory.sink.startOver();
    return;
  }
  if (memory.stream === undefined) return;
  memory.sink = new StreamPump({
    stream: memory.stream,
    partials: engine.ports.partials,
    digester: engine.ports.digester,
    file: () => live.files[0]!,
    partialId: () => partialIdOf(live.files[0]!),
    onChange: (tell) =>
      engine.changes.on((changed) => {
        if (changed === live) tell();
      }),
  });
}
