import { isDeliveryOptimizationError } from '../../core/errors.ts';
import type { Policies } from '../../core/policy/policies.ts';
import { assemble, type ChosenValue, type ProvidedValue } from './assemble.ts';
import { checkRaw } from './check-value.ts';
import type { Config } from './config.ts';
import { type ConfigFile, configPaths } from './config-paths.ts';
import { crossCheck } from './cross-check.ts';
import { type Environment, type Host, hostOf } from './environment.ts';
import { type Fallbacks, pathFallbacks } from './fallbacks.ts';
import {
  environmentLayer,
  fileLayer,
  flagLayer,
  type Layer,
  overrideLayer,
  PROVIDERS,
  type RawValue,
} from './layers.ts';
import { policiesOf } from './policies-of.ts';
import { type ConfigProblem, problemsError, problemText } from './problems.ts';
import { readConfigFile } from './read-config-file.ts';

/** Where settings are looked for. */
export interface LoadConfigOptions extends Host {
  /** Default: that of the process. */
  readonly env?: Environment;
  /** Options of the command line by `section.key`, as text or as they would stand in a file. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** What was stored through the service, by `section.key`, as it would stand in a file. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** The value of `--config`. */
  readonly configFile?: string | undefined;
  /** The files, the weaker ones first, in place of those that {@link configPaths} names. */
  readonly files?: readonly ConfigFile[];
  /** Relative paths of the environment and the command line count from here. */
  readonly cwd?: string;
}

/** Settings that have been read and checked. */
export interface LoadedConfig {
  readonly values: Config;
  /** Every key, in the order of the documentation. */
  readonly provenance: readonly ProvidedValue[];
  /** What is not right, and does not keep the settings from being used. */
  readonly warnings: readonly string[];
  /** The files that were read. */
  readonly files: readonly string[];
  policies(): Policies;
}

/**
 * Reads all sources of settings and puts them on top of each other: defaults, the machine's file,
 * the user's, the environment, what was stored through the service, the command line.
 *
 * @throws DeliveryOptimizationError E_INVALIDARG naming every problem of every source
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const { config, problems } = await examineConfig(options);
  if (config === undefined) throw problemsError(problems);
  return config;
}

/** The same without an exception: the settings, or what is wrong with them. */
export async function examineConfig(options: LoadConfigOptions = {}): Promise<{
  readonly config: LoadedConfig | undefined;
  readonly problems: readonly ConfigProblem[];
}> {
  const gathered = await gatherLayers(options);
  const { chosen, problems, warnings } = chooseValues(gathered.layers);
  const all = [...gathered.problems, ...problems];
  const dataDir = chosen.get('daemon.data_dir')?.value as string | undefined;
  let fallbacks: Fallbacks = {};
  try {
    fallbacks = await pathFallbacks(options.env ?? process.env, options, dataDir);
  } catch (error) {
    if (!isDeliveryOptimizationError(error)) throw error;
    all.push({ source: 'the environment', key: 'daemon.data_dir', message: error.message });
  }
  const { values, provenance } = assemble(chosen, fallbacks);
  all.push(...crossCheck(values, provenance, hostOf(options).platform, keysOf(all)));
  if (all.length > 0) return { config: undefined, problems: all };
  const config: LoadedConfig = {
    values,
    provenance,
    warnings: [...gathered.warnings, ...warnings],
    files: gathered.files,
    policies: () => policiesOf(values),
  };
  return { config, problems: [] };
}

interface GatheredLayers {
  /** The weakest first. */
  readonly layers: readonly Layer[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  readonly files: readonly string[];
}

async function gatherLayers(options: LoadConfigOptions): Promise<GatheredLayers> {
  const { env = process.env, flags = {}, overrides = {}, cwd = process.cwd() } = options;
  const places = options.files ?? (await configPaths(env, options.configFile, options));
  const layers: Layer[] = [];
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const files: string[] = [];
  for (const place of places) {
    const reading = await readConfigFile(place);
    if (reading.kind === 'content') {
      const layer = fileLayer(place.path, place.provider, reading.content);
      layers.push(layer);
      files.push(place.path);
      if (reading.content.isReadableByOthers && layer.values.some(hasInlineSecret)) {
        warnings.push(`${place.path} holds a secret and can be read by other users.`);
      }
    } else if (reading.kind === 'problem') {
      // The machine's file may be none of an ordinary user's business; their own service runs without.
      const isForeign = place.provider === 'system' && !place.required && reading.code === 'EACCES';
      if (isForeign && hostOf(options).uid !== 0) warnings.push(problemText(reading.problem));
      else problems.push(reading.problem);
    }
  }
  layers.push(environmentLayer(env, cwd), overrideLayer(overrides), flagLayer(flags, cwd));
  return { layers, problems, warnings, files };
}

/**
 * Reads every value, also those that a stronger source covers, and keeps the strongest of each key.
 *
 * A stored setting that is not valid any more, after an update say, is left out with a warning: only
 * the running service could take it back.
 */
function chooseValues(layers: readonly Layer[]): {
  readonly chosen: ReadonlyMap<string, ChosenValue>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
} {
  const chosen = new Map<string, ChosenValue>();
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  for (const [at, layer] of layers.entries()) {
    const isStored = at === layers.length - STORED_FROM_END;
    const found: ConfigProblem[] = [...layer.problems];
    for (const value of layer.values) {
      const checked = checkRaw(value.known, value.raw, value);
      if (checked.ok) chosen.set(value.known.key, { ...value, value: checked.value });
      else found.push(...checked.problems);
    }
    if (isStored) warnings.push(...found.map((problem) => `Left out: ${problemText(problem)}`));
    else problems.push(...found);
  }
  return { chosen, problems, warnings };
}

/** Stored settings are the last layer but one. */
const STORED_FROM_END = PROVIDERS.length - PROVIDERS.indexOf('override');

function hasInlineSecret({ known, raw }: RawValue): boolean {
  return known.spec.secret === true && JSON.stringify(raw).includes('"secret":');
}

/** The keys that something is wrong with; a way into a value counts for its key. */
function keysOf(problems: readonly ConfigProblem[]): ReadonlySet<string> {
  return new Set(problems.map(({ key = '' }) => /^\w+\.\w+/.exec(key)?.[0] ?? key));
}
