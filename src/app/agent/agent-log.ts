import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../../ports/clock.ts';
import { MAX_LOG_BYTES } from './limits.ts';

const NAME = 'haulyard-agent.log';
/** Lines that wait for the disk; what comes while it is full is counted and not kept. */
const MAX_WAITING_LINES = 256;

/** The listener's own log: one line an event, two files of at most 1 MiB. */
export class AgentLog implements AsyncDisposable {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #onFailure: (message: string) => void;
  #waiting: string[] = [];
  #lost = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  /** @param onFailure - hears once that the log cannot be written; the listener goes on without */
  constructor(directory: string, clock: Clock, onFailure: (message: string) => void) {
    this.#directory = directory;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  write(message: string): void {
    if (this.#waiting.length >= MAX_WAITING_LINES) {
      this.#lost += 1;
      return;
    }
    const time = new Date(this.#clock.wallMs()).toISOString();
    // A line break from a client would let it write lines of its own.
    this.#waiting.push(`${time} ${message.replaceAll(/[^\x20-\x7e\u0080-\uffff]+/g, ' ')}\n`);
    this.#writing ??= this.#writeAll();
  }

  /** Waits until everything is written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      if (this.#lost > 0) lines.push(`${this.#lost} lines were lost\n`);
      this.#waiting = [];
      this.#lost = 0;
      try {
        await this.#append(lines.join(''));
      } catch (error) {
        if (!this.#hasFailed) this.#onFailure(`The log of the agent listener: ${String(error)}.`);
        this.#hasFailed = true;
      }
    }
    this.#writing = undefined;
  }

  async #append(text: string): Promise<void> {
    const path = join(this.#directory, NAME);
    await mkdir(this.#directory, { recursive: true, mode: 0o755 });
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > 0 && size + text.length > MAX_LOG_BYTES) await rename(path, `${path}.1`);
    await appendFile(path, text, { mode: 0o644 });
  }
}
