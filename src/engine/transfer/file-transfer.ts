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
import { pickSegment } from '../../core/picker/pick-segment.ts';
import type { Stretch } from '../../core/piece/file-ranges.ts';
import { nextRound } from '../../core/picker/cache-hosts.ts';
import { addRange, covers, setSize } from '../../core/piece/interval-set.ts';
import type { PartialFile } from '../../ports/partial-files.ts';
import { Connection, type ByteSource } from './connection.ts';
import { ConnectionGroup, type Ended } from './connection-group.ts';
import { fetchSegment, type SegmentEnd } from './fetch-segment.ts';
import { finishFile } from './finish-file.ts';
import { assertRoom, localLayout, localSize } from './local-layout.ts';
import { openPart } from './open-part.ts';
import type { GateShare } from './bandwidth-gate.ts';
import type { OriginShare } from './origin-budget.ts';
import { Pace } from './pace.ts';
import { Recorder } from './recorder.ts';
import type { TransferContext } from './transfer-context.ts';

/** Why a connection was told to stop although nothing is wrong. */
const NOT_NEEDED = new Error('The connection is not needed any more.');

/**
 * Brings one file here: from nothing, or from where an earlier attempt left it, to all bytes
 * written, flushed and checked under the temporary name.
 *
 * Begins with one connection. More join, each taking the far half of the longest segment left,
 * while they raise the throughput and the origin's share allows; they need ranges and one strong
 * validator, because only that vouches for bytes of different answers being one file (http.md 10).
 */
export class FileTransfer {
  readonly #context: TransferContext;
  readonly #connections = new ConnectionGroup();
  #part!: PartialFile;
  #recorder!: Recorder;
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
    const { representation } = this.file;
    if (representation?.sizeBytes !== undefined)
      this.#layout = localLayout(this.file, representation.sizeBytes);
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
    this.#context.fetched();
    const elapsedMs = this.#context.clock.nowMs() - startedMs;
    this.#context.update({ ...this.file, statistics: this.#countedStatistics(elapsedMs) }, false);
    try {
      await this.#closeRecorder(failure === undefined);
      if (failure !== undefined) throw failure;
      await finishFile(this.#context, this.#part, signal);
    } finally {
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
    while (this.#connections.size < this.#allowed()) {
      const further = this.#connections.size > 0;
      if (further && !this.#share.tryAcquire()) return;
      const pick = pickSegment({
        sizeBytes: this.file.sizeBytes ?? 0,
        stretches: this.#layout,
        written: this.file.written,
        active: this.#connections.all(),
        pieceSizeBytes: this.#context.settings.pieceSizeBytes,
        minSplitBytes: this.#context.settings.minSplitBytes,
      });
      if (pick === undefined) {
        if (further) this.#share.release();
        return;
      }
      if (pick.kind === 'split') this.#connections.get(pick.victim)!.end = pick.segment.start;
      this.#launch(pick.segment.start, pick.segment.end, further, signal);
    }
  }

  #allowed(): number {
    const { representation } = this.file;
    const parallel =
      !this.#single &&
      representation !== undefined &&
      isStrong(representation) &&
      representation.acceptsRanges !== 'none';
    return parallel ? Math.min(this.#pace.allowed, this.#maximum()) : 1;
  }

  #maximum(): number {
    return Math.min(this.#context.settings.connectionsPerFile, this.#share.maximum());
  }

  #launch(start: number, end: number, admitted: boolean, signal: AbortSignal): void {
    const connection = new Connection(this.#nextId++, start, end, this.#context.clock);
    this.#connections.add(connection, this.#work(connection, admitted, signal));
  }

  async #work(connection: Connection, admitted: boolean, signal: AbortSignal): Promise<SegmentEnd> {
    let held = admitted;
    try {
      if (!admitted) {
        await this.#acquire(AbortSignal.any([connection.signal, signal]));
        held = true;
      }
      return await fetchSegment(connection, {
        context: this.#context,
        part: this.#part,
        gate: this.#gate,
        layout: () => this.#layout,
        adopt: (representation, sizeBytes) => this.#adopt(representation, sizeBytes),
        takeOver: (representation) => this.#takeOver(connection, representation),
        alone: () => this.#connections.size === 1,
        received: (bytes) => {
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
      if (held) this.#share.release();
    }
  }

  /** Waits for a place among the origin's connections; waiting is nobody's lack of progress. */
  async #acquire(signal: AbortSignal): Promise<void> {
    if (this.#share.tryAcquire()) return;
    this.#context.waiting(true);
    try {
      await this.#share.acquire(signal);
    } finally {
      this.#context.waiting(false);
    }
  }

  /** What the end of a connection means for the file. */
  async #settle({ connection, end }: Ended, signal: AbortSignal): Promise<void> {
    switch (end.kind) {
      case 'finished':
        return;
      case 'ranges-ignored':
        this.#single = true;
        return;
      case 'changed':
        await this.#connections.stopOthers(undefined, NOT_NEEDED);
        await this.#startOver();
        return;
      case 'failed': {
        if (signal.aborted || connection.signal.reason === NOT_NEEDED) return;
        if (this.#connections.size > 0 && isTheConnectionsOwn(end.error)) {
          // The others go on: the server takes no more than they are.
          this.#pace.cap(this.#connections.size);
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
    if (this.#layout === undefined) await assertRoom(this.#context, localSize(layout));
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
      busy: () => this.#connections.size,
      held: () =>
        this.#gate.yields || this.#connections.all().some((connection) => connection.held),
      watch: () => {
        for (const connection of this.#connections.all())
          connection.watch(remoteNameInForce(this.file));
      },
      ticked: () => {
        this.#shed();
        this.#connections.wake();
      },
    });
  }

  /** Lets connections go that another file of the same origin is due. */
  #shed(): void {
    const surplus = this.#connections.size - this.#share.maximum();
    const latest = [...this.#connections.all()].sort((a, b) => b.start - a.start);
    for (const connection of latest.slice(0, Math.max(0, surplus))) connection.stop(NOT_NEEDED);
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
