import {
  advanceRate,
  bytesPerMs,
  isSilent,
  likelyRate,
  NO_FLOW,
  type FlowRate,
} from '../../core/picker/flow-rate.ts';
import { pickSegment } from '../../core/picker/pick-segment.ts';
import { spareForLittle, spareRequests } from '../../core/picker/request-size.ts';
import type { Pick } from '../../core/picker/segment-work.ts';
import type { Stretch } from '../../core/piece/file-ranges.ts';
import {
  addRange,
  covers,
  gaps,
  setSize,
  type IntervalSet,
} from '../../core/piece/interval-set.ts';
import type { Connection } from './connection.ts';
import type { ConnectionGroup } from './connection-group.ts';
import type { TransferSettings } from './transfer-context.ts';

/** What has been seen of one connection at work. */
interface Seen {
  flow: FlowRate;
  /** Where it was when it was last looked at. */
  position: number;
  /** End of what its last request asked for; undefined before the first. */
  askedEnd: number | undefined;
  /** A byte of the last answer has come. */
  answered: boolean;
}

/** The file as far as the division of its work is concerned. */
export interface DividedFile {
  readonly sizeBytes: number;
  readonly layout: readonly Stretch[];
  readonly written: IntervalSet;
}

/** A rival that takes more than so many times as long to finish the same bytes is let go. */
const BEATEN = 2;

/**
 * Who fetches what of one file: measures each connection, counts the requests, and names the next
 * segment (core/picker) by both.
 */
export class WorkDivision {
  readonly #group: ConnectionGroup;
  readonly #settings: TransferSettings;
  readonly #seen = new Map<number, Seen>();
  /** Rates of connections that ended well, for those that take their places. */
  readonly #freedRates: number[] = [];
  /** Least time an answer took to begin: what the way to the server costs. */
  #headMs = 0;
  #missing: IntervalSet = [];
  #made = 0;
  #failed = 0;

  constructor(group: ConnectionGroup, settings: TransferSettings) {
    this.#group = group;
    this.#settings = settings;
  }

  get headMs(): number {
    return this.#headMs;
  }

  /** Connections that bring bytes just now. */
  get flowing(): number {
    return this.#working().filter((each) => this.#of(each).answered && !this.#isSilent(each))
      .length;
  }

  /** Connections at work, without those that are being stopped. */
  get working(): number {
    return this.#working().length;
  }

  /** Connections that have been silent for so long that they are not counted upon. */
  get silent(): number {
    return this.#working().filter((each) => this.#isSilent(each)).length;
  }

  /** Says what is to be fetched. A request for it that is under way already is counted. */
  begin(missing: IntervalSet): void {
    const ids = this.#group.all().map(({ id }) => id);
    for (const id of this.#seen.keys()) if (!ids.includes(id)) this.#seen.delete(id);
    this.#missing = missing;
    this.#made = this.#group.size;
    this.#failed = 0;
  }

  /** A request goes out for what lies between the connection's position and `end`. */
  asking(connection: Connection, end: number): void {
    const seen = this.#of(connection);
    // Its last answer was shorter than what was asked for.
    if (seen.askedEnd !== undefined && seen.askedEnd > connection.position) this.#failed += 1;
    seen.askedEnd = end;
    seen.answered = false;
    seen.flow = { ...seen.flow, silentMs: 0 };
    this.#made += 1;
  }

  /** Bytes have arrived; true when they are the first of their answer. */
  received(connection: Connection): boolean {
    const seen = this.#of(connection);
    if (seen.answered) return false;
    seen.answered = true;
    const { headMs } = connection;
    if (headMs > 0) this.#headMs = this.#headMs === 0 ? headMs : Math.min(this.#headMs, headMs);
    return true;
  }

  /** Looks at every connection, `elapsedMs` after the last look. */
  look(elapsedMs: number): void {
    for (const connection of this.#group.all()) {
      const seen = this.#of(connection);
      const bytes = connection.position - seen.position;
      seen.position = connection.position;
      // A limit or a slow disk that holds a connection up says nothing of the network.
      const waits = connection.awaited || (!seen.answered && !connection.held);
      if (bytes < 0) seen.flow = NO_FLOW;
      else if (bytes > 0 || (seen.askedEnd !== undefined && waits))
        seen.flow = advanceRate(seen.flow, bytes, elapsedMs);
    }
  }

  /**
   * A connection is no longer one of the group.
   *
   * @returns whether it has brought anything
   */
  ended(connection: Connection, failed: boolean): boolean {
    const rate = this.#rate(connection);
    this.#seen.delete(connection.id);
    if (failed) this.#failed += 1;
    if (!failed && rate > 0) this.#freedRates.push(rate);
    if (this.#freedRates.length > this.#settings.connectionsPerFile) this.#freedRates.shift();
    return rate > 0;
  }

  /**
   * What a free connection should fetch next.
   *
   * @param free - connections that are free, this one included
   * @param trial - so many at once have not proved useful yet
   */
  next(file: DividedFile, free: number, trial: boolean): Pick | undefined {
    const all = this.#group.all();
    const expected = this.#expectedRate(trial);
    // What becomes of the work of one that is being stopped shows when it has ended.
    const settled = this.#working().length === all.length;
    const active = all.map((connection) => {
      const { id, start, position, end } = connection;
      const rate = likelyRate(this.#of(connection).flow, expected, this.#headMs);
      const silent = settled && this.#isSilent(connection);
      return { id, start, position, end, rate, silent };
    });
    const { pieceSizeBytes, minSplitBytes } = this.#settings;
    return pickSegment({
      sizeBytes: file.sizeBytes,
      stretches: file.layout,
      written: file.written,
      active,
      newcomer: {
        rate: expected,
        headMs: this.#headMs,
        free,
        trial,
        spareRequests: settled ? this.#spare(file) : 0,
      },
      pieceSizeBytes,
      minSplitBytes,
    });
  }

  /** Prepares a connection for the segment it was given: others end where it begins. */
  handOver(connection: Connection, pick: Pick): void {
    if (pick.kind === 'split') {
      for (const other of this.#group.all())
        if (other.end === pick.segment.end) other.end = pick.segment.start;
    }
    connection.headMs = this.#headMs;
    connection.rate = this.#freedRates.pop() ?? this.#meanRate();
  }

  /** Connections at work on what others have done, or will have done long before them. */
  losers(written: IntervalSet): Connection[] {
    const all = this.#working();
    return all.filter((connection) => {
      const { position, end } = connection;
      if (position < end && covers(written, position, end)) return true;
      const rival = all.find((other) => other !== connection && other.end === end);
      if (rival === undefined || this.#isSilent(rival)) return false;
      return leftMs(rival, this.#rate(rival)) * BEATEN < leftMs(connection, this.#rate(connection));
    });
  }

  /**
   * Lets so many connections go. One whose request ends within `patienceMs` takes no other; failing
   * that, the last to join is to be stopped at once, if there is a request to spare for the rest of
   * its segment, and takes no other request if there is none.
   *
   * @returns the connections to be stopped
   */
  release(count: number, patienceMs: number, file: DividedFile): Connection[] {
    const working = this.#working().map((connection) => {
      const { position } = connection;
      const end = this.#askedEnd(connection);
      const requestMs = leftMs({ position, end }, this.#rate(connection));
      return { connection, end, requestMs };
    });
    const [soon, later] = [
      working.filter((each) => each.requestMs <= patienceMs),
      working.filter((each) => each.requestMs > patienceMs),
    ];
    // The last to join has the least to lose.
    const leaving = [...soon, ...later.toReversed()].slice(0, Math.max(0, count));
    for (const { connection, end } of leaving) connection.end = end;
    const spare = spareForLittle(this.#spare(file), file.sizeBytes - setSize(file.written));
    return leaving
      .filter(({ requestMs }) => requestMs > patienceMs)
      .slice(0, Math.max(0, spare))
      .map(({ connection }) => connection);
  }

  /** Milliseconds the file still takes at the rates seen; Infinity while none is known. */
  leftMs({ sizeBytes, written }: DividedFile): number {
    const rate = this.#group.all().reduce((sum, connection) => sum + this.#rate(connection), 0);
    return rate === 0 ? Infinity : (sizeBytes - setSize(written)) / rate;
  }

  #spare({ sizeBytes, written }: DividedFile): number {
    let spoken = written;
    const unasked: number[] = [];
    for (const connection of this.#group.all()) {
      spoken = addRange(spoken, connection.start, connection.end);
      unasked.push(connection.end - this.#askedEnd(connection));
    }
    for (const { start, end } of gaps(spoken, 0, sizeBytes)) unasked.push(end - start);
    return spareRequests({
      missingBytes: setSize(this.#missing),
      gaps: this.#missing.length,
      connections: this.#settings.connectionsPerFile,
      made: this.#made,
      failed: this.#failed,
      unasked,
    });
  }

  /** A newcomer on trial is like those at work; any other has the place of one that ended. */
  #expectedRate(trial: boolean): number {
    return (trial ? undefined : this.#freedRates.at(-1)) ?? this.#meanRate();
  }

  #meanRate(): number {
    const rates = this.#working()
      .map((connection) => this.#rate(connection))
      .filter((rate) => rate > 0);
    return rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
  }

  #working(): Connection[] {
    return this.#group.all().filter(({ signal }) => !signal.aborted);
  }

  /** Where the connection's request ends, as far as its segment goes. */
  #askedEnd(connection: Connection): number {
    const { position, end } = connection;
    const { askedEnd } = this.#of(connection);
    // Its first request, not made yet, is for something.
    return askedEnd === undefined ? end : Math.min(end, Math.max(position, askedEnd));
  }

  #rate(connection: Connection): number {
    return bytesPerMs(this.#of(connection).flow);
  }

  #isSilent(connection: Connection): boolean {
    return isSilent(this.#of(connection).flow, this.#headMs);
  }

  #of(connection: Connection): Seen {
    const known = this.#seen.get(connection.id);
    if (known !== undefined) return known;
    const { position } = connection;
    const seen = { flow: NO_FLOW, position, askedEnd: undefined, answered: false };
    this.#seen.set(connection.id, seen);
    return seen;
  }
}

function leftMs({ position, end }: { position: number; end: number }, rate: number): number {
  if (end <= position) return 0;
  return rate === 0 ? Infinity : (end - position) / rate;
}
