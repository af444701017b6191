import type { Connection } from './connection.ts';
import type { SegmentEnd } from './fetch-segment.ts';

/** A connection whose work is over, its writes included. */
export interface Ended {
  readonly connection: Connection;
  readonly end: SegmentEnd;
}

/** The connections at work on one file, and the ends of those that are done. */
export class ConnectionGroup {
  readonly #active = new Map<number, Connection>();
  readonly #ended: Ended[] = [];
  #wake: (() => void) | undefined;

  get size(): number {
    return this.#active.size;
  }

  all(): readonly Connection[] {
    return [...this.#active.values()];
  }

  /** Takes in a connection and its work, which must not reject. */
  add(connection: Connection, work: Promise<SegmentEnd>): void {
    this.#active.set(connection.id, connection);
    void work.then((end) => {
      this.#ended.push({ connection, end });
      this.wake();
    });
  }

  /** The end that came first, whose connection then is no longer one of the group. */
  takeEnded(): Ended | undefined {
    const ended = this.#ended.shift();
    if (ended !== undefined) this.#active.delete(ended.connection.id);
    return ended;
  }

  /** Stops every connection but `kept`, and waits until their writes have ended. */
  async stopOthers(kept: Connection | undefined, reason: unknown): Promise<void> {
    for (const connection of this.#active.values())
      if (connection !== kept) connection.stop(reason);
    while (this.all().some((connection) => connection !== kept)) {
      if (this.takeEnded() === undefined) await this.awake();
    }
  }

  /** Resolves at the next end, or the next `wake`. */
  awake(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#wake;
      this.#wake = () => {
        before?.();
        resolve();
      };
    });
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
