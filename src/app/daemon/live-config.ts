import { DeliveryOptimizationError } from '../../core/errors.ts';
import { Serial } from '../../engine/serial.ts';
import type { NoteStore } from '../../ports/note-store.ts';
import { checkOverrideValue } from '../config/check-override.ts';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from '../config/load-config.ts';

/** The note that keeps what was set through the service. */
const NOTE = 'config/overrides';

/** Sections and keys that only a start reads; a change of any other is in force at once. */
const READ_AT_START: readonly (string | RegExp)[] = [
  /^daemon\./,
  /^agent\./,
  /^metrics\./,
  /^ui\./,
  'jobs.history',
  'http.piece_size',
  'http.ca_file',
  'http.client',
  'http.user_agent',
  'log.file',
];

/** What a change of the configuration did. */
export interface ConfigChanges {
  readonly changed: readonly string[];
  /** Those of them that only a restart applies. */
  readonly needRestart: readonly string[];
}

/** The configuration of a running service: read from all its sources, and read again when told. */
export class LiveConfig {
  readonly #sources: LoadConfigOptions;
  readonly #notes: NoteStore;
  readonly #apply: (loaded: LoadedConfig, changes: ConfigChanges) => void | Promise<void>;
  #loaded: LoadedConfig;
  #overrides: Readonly<Record<string, unknown>>;
  /** Each change builds on the one before it, and none is lost between two callers. */
  readonly #serial: Serial = new Serial();

  private constructor(
    sources: LoadConfigOptions,
    notes: NoteStore,
    overrides: Readonly<Record<string, unknown>>,
    loaded: LoadedConfig,
    apply: (loaded: LoadedConfig, changes: ConfigChanges) => void | Promise<void>,
  ) {
    this.#sources = sources;
    this.#notes = notes;
    this.#overrides = overrides;
    this.#loaded = loaded;
    this.#apply = apply;
  }

  /** @param apply - puts a new configuration in force */
  static async open(
    sources: LoadConfigOptions,
    notes: NoteStore,
    apply: (loaded: LoadedConfig, changes: ConfigChanges) => void | Promise<void>,
  ): Promise<LiveConfig> {
    const overrides = readOverrides(notes);
    const loaded = await loadConfig({ ...sources, overrides });
    return new LiveConfig(sources, notes, overrides, loaded, apply);
  }

  get current(): LoadedConfig {
    return this.#loaded;
  }

  /** Reads files and environment again. What is wrong with them changes nothing. */
  reload(): Promise<ConfigChanges> {
    return this.#serial.run(async () =>
      this.#adopt(await loadConfig({ ...this.#sources, overrides: this.#overrides })),
    );
  }

  /**
   * Stores settings that stand above files and environment, all or none; null takes one back.
   *
   * @param values - by `section.key`, as they would stand in a file
   * @throws DeliveryOptimizationError E_INVALIDARG for a key or value that is none, and for a key that
   *   only a start reads
   */
  set(values: Readonly<Record<string, unknown>>): Promise<ConfigChanges> {
    return this.#serial.run(async () => {
      const overrides: Record<string, unknown> = { ...this.#overrides };
      for (const [name, value] of Object.entries(values)) {
        if (value === null) {
          delete overrides[name];
          continue;
        }
        // A stored setting that is wrong would be left out in silence: it is looked at here.
        const checked = checkOverrideValue(name, value);
        if (isReadAtStart(checked.key)) throw readAtStart(checked.key);
        overrides[checked.key] = checked.value;
      }
      const loaded = await loadConfig({ ...this.#sources, overrides });
      this.#notes.set(NOTE, JSON.stringify(overrides));
      this.#overrides = overrides;
      return this.#adopt(loaded);
    });
  }

  async #adopt(loaded: LoadedConfig): Promise<ConfigChanges> {
    const before = new Map(this.#loaded.provenance.map(({ key, value }) => [key, value]));
    const changed = loaded.provenance
      .filter(({ key, value }) => JSON.stringify(value) !== JSON.stringify(before.get(key)))
      .map(({ key }) => key);
    const changes = { changed, needRestart: changed.filter(isReadAtStart) };
    this.#loaded = loaded;
    await this.#apply(loaded, changes);
    return changes;
  }
}

function isReadAtStart(key: string): boolean {
  return READ_AT_START.some((rule) => (typeof rule === 'string' ? rule === key : rule.test(key)));
}

function readAtStart(key: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'E_INVALIDARG',
    `${key} is read when the service starts: set it in the configuration file and restart the service.`,
  );
}

function readOverrides(notes: NoteStore): Readonly<Record<string, unknown>> {
  const text = notes.get(NOTE);
  if (text === undefined) return {};
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
