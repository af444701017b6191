import { DeliveryOptimizationError } from '../../core/errors.ts';
import { isStrong, type Representation } from '../../core/http/representation.ts';
import { originOf } from '../../core/http/url.ts';
import {
  remoteNameInForce,
  startedOver,
  type FileStatistics,
  type JobFile,
} from '../../core/job/file.ts';
import { MAX_FILE_RESTARTS } from '../../core/limits.ts';
import type { Pick } from '../../core/picker/segment-work.ts';
import type { Stretch } from '../../core/piece/file-ranges.ts';
import { nextRound } from '../../core/picker/cache-hosts.ts';
import { addRange, covers, gaps, setSize } from '../../core/piece/interval-set.ts';
import type { PartialFile } from '../../ports/partial-files.ts';
import { Connection, type ByteSource } from './connection.ts';
import { ConnectionGroup, type Ended } from './connection-group.ts';
import { fetchSegment, type SegmentEnd } from './fetch-segment.ts';
import { finishFile } from './finish-file.ts';
import { FollowedDigest } from './followed-digest.ts';
import { assertRoom, localLayout, localSize } from './local-layout.ts';
import { openPart } from './open-part.ts';
import type { GateShare } from './bandwidth-gate.ts';
import type { OriginShare } from './origin-budget.ts';
import { Pace } from './pace.ts';
import { Recorder } from './recorder.ts';
import type { TransferContext } from './transfer-context.ts';
import { WorkDivision, type DividedFile } from './work-division.ts';

/** Why a connection was told to stop although nothing is wrong. */
const NOT_NEEDED = new Error('The connection is not needed any more.');

/** A connection that is due to another file, or useless, may finish a request that ends by then. */
const OTHERS_WAIT_MS = 250;
const USELESS_MS = 3_000;

/**
 * Brings one file here: from nothing, or from where an earlier attempt left it, to all bytes
 * written, flushed and checked under the temporary name.
 *
 * Begins with one connection. More join, each taking a part of what would be finished last, while
 * they raise the throughput and the origin's share allows; they need ranges and one strong
 * validator, because only that vouches for bytes of different answers being one file (http.md 10).
 */
export class FileTransfer {
  readonly #context: TransferContext;
  readonly #connections = new ConnectionGroup();
  readonly #division: WorkDivision;
  #part!: PartialFile;
  #recorder!: Recorder;
  #digest!: FollowedDigest;
  #share!: OriginShare;
  #pace!: Pace;
  #layout: readonly Stretch[] | undefined;
  /** Set once the server turned out to ignore ranges, or to refuse a second connection. */
  #single = false;
  #nextId = 0;
  #gate!: GateShare;
  /** Bytes received that the file's statistics do not show yet, by source. */
  readonly #uncounted = { origin: 0, cacheHost: 0 };
  /** The connection that empties the file for a new version, while it waits for the others to end. */
  #takingOver: Connection | undefined;

  constructor(context: TransferContext) {
    this.#context = context;
    this.#division = new WorkDivision(this.#connections, context.settings);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get file(): JobFile {
    return this.#context.file();
  }

  /**
   * Resolves once the file is done. Rejects with the failure that ended it, or with the signal's
   * reason; in every case nothing is written any more, and what was written is recorded.
   */
  async run(signal: AbortSignal): Promise<void> {
    const startedMs = this.#context.clock.nowMs();
    signal.throwIfAborted();
    this.#part = await openPart(this.#context);
    this.#digest = new FollowedDigest(this.#context, this.#part);
    const { representation } = this.file;
    if (representation?.sizeBytes !== undefined) {
      this.#layout = localLayout(this.file, representation.sizeBytes);
      this.#division.begin(gaps(this.file.written, 0, localSize(this.#layout)));
    }
    this.#recorder = new Recorder(
      this.#part,
      {
        written: () => this.file.written,
        record: () => this.#context.checkpoint('written'),
        flushed: (flushed) => this.#context.update({ ...this.file, flushed }, false),
        recordFlushed: () => this.#context.checkpoint('grown'),
      },
      this.#context.clock,
      setSize(this.file.written) - setSize(this.file.flushed),
    );
    this.#share = this.#context.origins.join(
      originOf(remoteNameInForce(this.file)),
      this.#context.foreground,
    );
    this.#gate = this.#context.joinGate(() => this.#connections.size);
    const { attempts } = this.#context;
    attempts.cacheTries = nextRound(attempts.cacheTries);
    const onAbort = (): void => this.#connections.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#pace = this.#startPace();
    let failure: unknown;
    try {
      await this.#fetchAll(signal);
    } catch (error) {
      failure = error;
    }
    this.#pace.stop();
    signal.removeEventListener('abort', onAbort);
    this.#share.leave();
    this.#gate.leave();
    // After a failure nothing else of the job is to be asked for.
    if (failure === undefined) this.#context.fetched();
    const elapsedMs = this.#context.clock.nowMs() - startedMs;
    this.#context.update({ ...this.file, statistics: this.#countedStatistics(elapsedMs) }, false);
    try {
      await this.#closeRecorder(failure === undefined);
      if (failure !== undefined) throw failure;
      await finishFile(this.#context, this.#part, this.#digest, signal);
    } finally {
      await this.#digest[Symbol.asyncDispose]();
      await this.#part[Symbol.asyncDispose]();
    }
  }

  /**
   * After a flush that failed, nothing says which bytes reached the disk, and a later flush that
   * succeeds says it no more: all that was not flushed before is void.
   */
  async #closeRecorder(whole: boolean): Promise<void> {
    try {
      await this.#recorder.close(whole);
    } catch (error) {
      this.#context.update({ ...this.file, written: this.file.flushed }, false);
      this.#context.checkpoint('flushed');
      throw error;
    }
  }

  async #fetchAll(signal: AbortSignal): Promise<void> {
    try {
      while (!this.#complete()) {
        signal.throwIfAborted();
        const ended = await this.#nextEnd(signal);
        if (ended !== undefined) await this.#settle(ended, signal);
      }
    } finally {
      // However it ends, nobody writes to the file any more afterwards.
      await this.#connections.stopOthers(undefined, signal.aborted ? signal.reason : NOT_NEEDED);
    }
  }

  #complete(): boolean {
    const { sizeBytes, written } = this.file;
    return this.#layout !== undefined && sizeBytes !== undefined && covers(written, 0, sizeBytes);
  }

  /** Starts as many connections as are allowed and useful. */
  #fill(signal: AbortSignal): void {
    if (this.#layout === undefined) {
      // Until the first answer nobody knows the size: one connection, from the beginning.
      if (this.#connections.size === 0) {
        this.#launch(0, this.file.ranges[0]?.length ?? Infinity, false, signal);
      }
      return;
    }
    for (;;) {
      const { size } = this.#connections;
      const free = this.#allowed() - size;
      if (free <= 0) return;
      if (size > 0 && !this.#share.tryAcquire()) return;
      const pick = this.#division.next(
        this.#divided(this.#layout),
        free,
        size - this.#division.silent >= this.#pace.proven,
      );
      if (pick === undefined) {
        if (size > 0) this.#share.release();
        return;
      }
      this.#launch(pick.segment.start, pick.segment.end, size > 0, signal, pick);
    }
  }

  #divided(layout: readonly Stretch[]): DividedFile {
    const { sizeBytes = 0, written } = this.file;
    return { sizeBytes, layout, written };
  }

  #allowed(): number {
    const { representation } = this.file;
    const parallel =
      !this.#single &&
      representation !== undefined &&
      isStrong(representation) &&
      representation.acceptsRanges !== 'none';
    if (!parallel) return 1;
    // One that has fallen silent may be dead: another may be tried in its place.
    const counted = this.#pace.allowed + this.#division.silent;
    return Math.min(counted, this.#context.settings.connectionsPerFile, this.#share.maximum());
  }

  #launch(start: number, end: number, admitted: boolean, signal: AbortSignal, pick?: Pick): void {
    const connection = new Connection(this.#nextId++, start, end, this.#context.clock);
    if (pick !== undefined) this.#division.handOver(connection, pick);
    this.#connections.add(connection, this.#work(connection, admitted, signal));
  }

  async #work(connection: Connection, admitted: boolean, signal: AbortSignal): Promise<SegmentEnd> {
    let held = admitted;
    try {
      if (!admitted) {
        await this.#acquire(connection.signal, signal);
        held = true;
      }
      return await fetchSegment(connection, {
        context: this.#context,
        part: this.#digest.writer,
        gate: this.#gate,
        layout: () => this.#layout,
        adopt: (representation, sizeBytes) => this.#adopt(representation, sizeBytes),
        takeOver: (representation) => this.#takeOver(connection, representation),
        alone: () => this.#connections.size === 1,
        asking: (end) => this.#division.asking(connection, end),
        received: (bytes) => {
          if (this.#division.received(connection)) this.#pace.joined();
          this.#pace.received(bytes);
          this.#uncounted[connection.source] += bytes;
          this.#context.arrived(bytes);
        },
        surplus: (bytes) => this.#context.traffic('wasted', bytes),
        written: (start, end) => this.#written(start, end, connection.source),
      });
    } catch (error) {
      return { kind: 'failed', error };
    } finally {
      this.#gate.ended(connection.signal);
      if (held) this.#share.release();
    }
  }

  /** Waits for a place among the origin's connections; waiting is nobody's lack of progress. */
  async #acquire(...signals: AbortSignal[]): Promise<void> {
    for (const signal of signals) signal.throwIfAborted();
    if (this.#share.tryAcquire()) return;
    this.#context.waiting(true);
    try {
      await this.#share.acquire(AbortSignal.any(signals));
    } finally {
      this.#context.waiting(false);
    }
  }

  /** What the end of a connection means for the file. */
  async #settle({ connection, end }: Ended, signal: AbortSignal): Promise<void> {
    const stopped = connection.signal.reason === NOT_NEEDED;
    const brought = this.#division.ended(connection, end.kind === 'failed' && !stopped);
    switch (end.kind) {
      case 'finished':
        this.#stop(this.#division.losers(this.file.written));
        return;
      case 'ranges-ignored':
        this.#single = true;
        return;
      case 'changed':
        await this.#connections.stopOthers(undefined, NOT_NEEDED);
        await this.#startOver();
        return;
      case 'failed': {
        if (signal.aborted || stopped) return;
        if (this.#connections.size > 0 && isTheConnectionsOwn(end.error)) {
          // The others go on: the server takes no more than they are. One that fell silent after
          // a good start says nothing of that.
          if (!brought || !isTimeout(end.error)) this.#pace.cap(this.#connections.size);
          return;
        }
        throw end.error;
      }
    }
  }

  /**
   * A 200 to a range: the file starts over with the body at hand. The record is cleared before the
   * first byte is written, so that a crash in between cannot join two versions.
   */
  async #takeOver(connection: Connection, representation: Representation): Promise<void> {
    connection.signal.throwIfAborted();
    this.#takingOver = connection;
    try {
      await this.#connections.stopOthers(connection, NOT_NEEDED);
      await this.#startOver();
      this.#division.asking(connection, Infinity);
      await this.#adopt(representation, representation.sizeBytes);
      connection.startOver(this.file.sizeBytes ?? Infinity);
    } finally {
      this.#takingOver = undefined;
      this.#connections.wake();
    }
  }

  async #startOver(): Promise<void> {
    const { attempts } = this.#context;
    attempts.restarts += 1;
    if (attempts.restarts > MAX_FILE_RESTARTS) {
      throw new DeliveryOptimizationError(
        'DO_E_HTTP_BLOCKSIZE_MISMATCH',
        `The file changed on the server ${attempts.restarts} times without any progress in between; no version of it could be fetched whole.`,
        { failureClass: 'fatal', url: remoteNameInForce(this.file) },
      );
    }
    // A flush under way still speaks of the old content; its word must come before the new record.
    await this.#recorder.restart();
    this.#digest.restart();
    this.#layout = undefined;
    this.#context.update(startedOver(this.file), false);
    this.#context.checkpoint('flushed');
    await this.#part.truncate(0);
  }

  /** Takes on what the first answer says of the file. */
  async #adopt(representation: Representation, sizeBytes: number | undefined): Promise<void> {
    if (sizeBytes === undefined) {
      this.#context.update({ ...this.file, representation }, false);
      return;
    }
    const layout = localLayout(this.file, sizeBytes);
    if (this.#layout === undefined) {
      await assertRoom(this.#context, localSize(layout));
      this.#division.begin([{ start: 0, end: localSize(layout) }]);
    }
    this.#layout = layout;
    this.#context.update({ ...this.file, representation, sizeBytes: localSize(layout) }, false);
  }

  #written(start: number, end: number, source: ByteSource): void {
    const { attempts } = this.#context;
    const before = setSize(this.file.written);
    const written = addRange(this.file.written, start, end);
    const size = setSize(written);
    // Bytes that an earlier attempt had already are no progress (job-lifecycle.md 8).
    const progressed = size > attempts.highWaterBytes;
    const fresh = Math.max(0, size - Math.max(before, attempts.highWaterBytes));
    this.#context.traffic(source, fresh);
    this.#context.traffic('wasted', end - start - fresh);
    if (progressed) {
      attempts.highWaterBytes = size;
      attempts.restarts = 0;
      attempts.inconsistent = 0;
      attempts.noCache = false;
    }
    this.#context.update(
      { ...this.file, written, statistics: this.#countedStatistics(0) },
      progressed,
    );
    this.#digest.reached(written);
    this.#recorder.wrote(end - start);
  }

  /** The statistics with everything received so far, and `elapsedMs` more of duration. */
  #countedStatistics(elapsedMs: number): FileStatistics {
    const { bytesFromHttp, bytesFromCacheHost, durationMs } = this.file.statistics;
    const { origin, cacheHost } = this.#uncounted;
    this.#uncounted.origin = 0;
    this.#uncounted.cacheHost = 0;
    return {
      bytesFromHttp: bytesFromHttp + origin,
      bytesFromCacheHost: bytesFromCacheHost + cacheHost,
      durationMs: durationMs + Math.round(elapsedMs),
    };
  }

  #startPace(): Pace {
    const { clock, workload, settings } = this.#context;
    return new Pace({
      clock,
      workload,
      maximum: settings.connectionsPerFile,
      flowing: () => this.#division.flowing,
      held: () =>
        this.#gate.yields || this.#connections.all().some((connection) => connection.held),
      headMs: () => this.#division.headMs,
      leftMs: () => (this.#layout ? this.#division.leftMs(this.#divided(this.#layout)) : Infinity),
      look: (elapsedMs) => this.#division.look(elapsedMs),
      watch: () => {
        for (const connection of this.#connections.all())
          connection.watch(remoteNameInForce(this.file));
      },
      ticked: () => {
        this.#letGo();
        this.#connections.wake();
      },
    });
  }

  /**
   * Lets connections go: those that have lost a race, those that another file of the origin waits
   * for, and those that have proved useless.
   */
  #letGo(): void {
    if (this.#layout === undefined || this.#takingOver !== undefined) return;
    const file = this.#divided(this.#layout);
    this.#stop(this.#division.losers(file.written));
    const due = Math.min(this.#division.working - this.#share.maximum(), this.#share.waiting());
    this.#stop(this.#division.release(due, OTHERS_WAIT_MS, file));
    const useless = this.#division.working - this.#division.silent - this.#pace.allowed;
    this.#stop(this.#division.release(useless, USELESS_MS, file));
  }

  #stop(connections: readonly Connection[]): void {
    for (const connection of connections) connection.stop(NOT_NEEDED);
  }

  /** The next connection that ended; undefined once the signal has aborted. */
  async #nextEnd(signal: AbortSignal): Promise<Ended | undefined> {
    for (;;) {
      if (this.#takingOver === undefined) {
        const ended = this.#connections.takeEnded();
        if (ended !== undefined) return ended;
        if (signal.aborted) return undefined;
        this.#fill(signal);
      } else if (signal.aborted) {
        this.#takingOver.stop(signal.reason);
      }
      await this.#connections.awake();
    }
  }
}

/** Failures of a further connection that say nothing about the file: the others may go on. */
function isTheConnectionsOwn(error: unknown): boolean {
  if (!(error instanceof DeliveryOptimizationError)) return false;
  // A refusal may be meant for the second connection alone; if it is not, the first one meets it.
  return error.failureClass === 'transient' || error.httpStatus !== undefined;
}

function isTimeout(error: unknown): boolean {
  return error instanceof DeliveryOptimizationError && error.code === 'ERROR_WINHTTP_TIMEOUT';
}
