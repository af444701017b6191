import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../../ports/clock.ts';
import {
  parseConfig,
  settingsFrom,
  type AgentSettings,
  type ConfigObject,
} from './config-values.ts';
import { CONFIG_INTERVAL_MS, MAX_CONFIG_BYTES } from './limits.ts';

export const ADMIN_CONFIG = 'admin-config.json';
export const SDK_CONFIG = 'sdk-config.json';

export interface AgentConfigOptions {
  /** Where the two files are; made when it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** Hears of settings that differ from those before, beginning with the first ones. */
  readonly onChange?: ((settings: AgentSettings) => void) | undefined;
}

/** The agent's configuration files, read again every minute and when told. */
export class AgentConfig implements Disposable {
  readonly #options: AgentConfigOptions;
  /** What each file held when it could last be read. */
  readonly #objects = new Map<string, ConfigObject>();
  /** Warnings of the last reading: one that comes again every minute is told once. */
  #told: ReadonlySet<string> = new Set();
  #settings: AgentSettings | undefined;
  #stopTimer: () => void = () => undefined;
  #isClosed = false;
  #reading: Promise<AgentSettings> | undefined;

  /** Makes an empty administrator's file where there is none, and reads both. */
  static async open(options: AgentConfigOptions): Promise<AgentConfig> {
    const config = new AgentConfig(options);
    await config.#makeAdminFile();
    await config.reload();
    return config;
  }

  private constructor(options: AgentConfigOptions) {
    this.#options = options;
  }

  /** What is in force. */
  get settings(): AgentSettings {
    this.#settings ??= settingsFrom({}, {}, () => undefined);
    return this.#settings;
  }

  /** Reads the files now. A reading that is under way already is the answer as well. */
  reload(): Promise<AgentSettings> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      this.#readLater();
    });
    return this.#reading;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#stopTimer();
  }

  #readLater(): void {
    this.#stopTimer();
    if (this.#isClosed) return;
    this.#stopTimer = this.#options.clock.after(CONFIG_INTERVAL_MS, () => void this.reload());
  }

  async #read(): Promise<AgentSettings> {
    const warnings = new Set<string>();
    const warn = (message: string): void => void warnings.add(message);
    const admin = await this.#readOne(ADMIN_CONFIG, warn);
    const sdk = await this.#readOne(SDK_CONFIG, warn);
    const settings = settingsFrom(admin, sdk, warn);
    for (const warning of warnings) {
      if (!this.#told.has(warning)) this.#options.warn(warning);
    }
    this.#told = warnings;
    const isNew = JSON.stringify(settings) !== JSON.stringify(this.#settings);
    this.#settings = settings;
    if (isNew && !this.#isClosed) this.#options.onChange?.(settings);
    return settings;
  }

  /** What the file holds now: nothing once it is gone, what it held before when it cannot be read. */
  async #readOne(name: string, warn: (message: string) => void): Promise<ConfigObject> {
    const path = join(this.#options.directory, name);
    const read = await readBounded(path);
    const object = read.kind === 'text' ? parseConfig(read.text) : undefined;
    if (read.kind === 'missing') this.#objects.delete(name);
    else if (object !== undefined) this.#objects.set(name, object);
    else {
      const reason = read.kind === 'failed' ? read.reason : 'it is not a JSON object';
      warn(`${path} is not used, and what it said before stays in force: ${reason}.`);
    }
    return this.#objects.get(name) ?? {};
  }

  async #makeAdminFile(): Promise<void> {
    const { directory, warn } = this.#options;
    const path = join(directory, ADMIN_CONFIG);
    try {
      await mkdir(directory, { recursive: true, mode: 0o755 });
      await writeFile(path, '{}\n', { flag: 'wx', mode: 0o644 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      // The defaults hold without it, so a directory that belongs to somebody else ends nothing.
      warn(`${path} could not be made: ${(error as Error).message}. The defaults are in force.`);
    }
  }
}

type BoundedRead =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly reason: string };

async function readBounded(path: string): Promise<BoundedRead> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.alloc(MAX_CONFIG_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > MAX_CONFIG_BYTES) {
      return { kind: 'failed', reason: `it is longer than ${MAX_CONFIG_BYTES} bytes` };
    }
    return { kind: 'text', text: buffer.toString('utf8', 0, length) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'failed', reason: message };
  }
}
