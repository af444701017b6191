import { access } from 'node:fs/promises';
import { resolve } from 'node:path';

import { configPaths } from '../../config/config-paths.ts';
import { suggest } from '../../config/suggest.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { ServiceLink } from '../remote/service-link.ts';
import { settingLines, settingText, type SettingFacts } from '../setting-lines.ts';

/** Options of `config`. */
export interface ConfigOptions extends GlobalOptions {
  /** The file in place of the user's. */
  readonly config?: string;
}

/** `config list`: every effective setting with its origin. `link` undefined: as a service would start. */
export async function configList(
  link: ServiceLink | undefined,
  options: ConfigOptions,
): Promise<number> {
  const output = openOutput(options);
  const settings = await settingsOf(link, options, output);
  output.list(settings);
  if (!output.json) for (const line of settingLines(settings)) output.line(line);
  return EXIT.OK;
}

/** `config get`: one of them. */
export async function configGet(
  link: ServiceLink | undefined,
  key: string,
  options: ConfigOptions,
): Promise<number> {
  const output = openOutput(options);
  const settings = await settingsOf(link, options, output);
  const wanted = key.toLowerCase().replaceAll('-', '_');
  const setting = settings.find((candidate) => candidate.key === wanted);
  if (setting === undefined) throw noSuchSetting(key, settings);
  output.object(setting);
  output.value(settingText(setting.value));
  return EXIT.OK;
}

/** `config set`: stores settings over those of files and environment, and applies them at once. */
export async function configSet(
  link: ServiceLink,
  words: readonly string[],
  options: ConfigOptions,
): Promise<number> {
  const { checkOverride } = await import('../../config/check-override.ts');
  const set: Record<string, unknown> = {};
  for (const [key, text] of pairs(words)) {
    const checked = checkOverride(key, text);
    set[checked.key] = checked.value;
  }
  return change(link, set, options);
}

/** `config unset`: takes stored settings back. */
export async function configUnset(
  link: ServiceLink,
  keys: readonly string[],
  options: ConfigOptions,
): Promise<number> {
  const wanted = keys.map((key) => key.toLowerCase().replaceAll('-', '_'));
  const { settings } = await link.rest.call('getConfig');
  const unknown = wanted.find((key) => settings.every((setting) => setting.key !== key));
  // What an older version stored is no setting any more; it shows among the service's problems.
  if (unknown !== undefined && !(await isComplainedOf(link, unknown))) {
    throw noSuchSetting(unknown, settings);
  }
  return change(link, Object.fromEntries(wanted.map((key) => [key, null])), options);
}

/** `config path`: the files that are read, the weaker one first. */
export async function configPath(options: ConfigOptions): Promise<number> {
  const output = openOutput(options);
  const files: { path: string; provider: string; exists: boolean }[] = [];
  for (const { path, provider } of await configPaths(process.env, options.config)) {
    files.push({ path, provider, exists: await isThere(path) });
  }
  output.list(files);
  for (const { path, provider, exists } of files) {
    output.value(path);
    if (!output.json && !exists) output.line(`  (${provider}; not there)`);
  }
  return EXIT.OK;
}

/** `config check`: what is wrong with a file, or with all that would be read. */
export async function configCheck(
  file: string | undefined,
  options: ConfigOptions,
): Promise<number> {
  const output = openOutput(options);
  const { examineConfig } = await import('../../config/load-config.ts');
  const { problemText } = await import('../../config/problems.ts');
  const { config, problems } = await examineConfig(
    file === undefined
      ? { configFile: options.config }
      : {
          // The file alone is judged, not what the environment puts on top of it.
          env: Object.fromEntries(
            Object.entries(process.env).filter(([name]) => !name.startsWith('HAULYARD_')),
          ),
          files: [{ path: resolve(file), provider: 'user', required: true }],
        },
  );
  output.object({ problems, warnings: config?.warnings ?? [], files: config?.files ?? [] });
  if (!output.json) {
    for (const problem of problems) output.line(printable(problemText(problem)));
    for (const warning of config?.warnings ?? []) output.line(printable(`warning: ${warning}`));
  }
  if (problems.length > 0) return EXIT.BAD_OPTION;
  const read = config?.files ?? [];
  output.line(
    read.length === 0
      ? 'There is no file to be read, and nothing else is wrong.'
      : `${read.join(', ')}: right`,
  );
  return EXIT.OK;
}

function noSuchSetting(key: string, settings: readonly SettingFacts[]): CommandError {
  const near = suggest(
    key,
    settings.map((setting) => setting.key),
  );
  return new CommandError(
    EXIT.BAD_OPTION,
    `There is no setting "${printable(key)}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
  );
}

async function isComplainedOf({ rest }: ServiceLink, key: string): Promise<boolean> {
  const { problems } = await rest.call('getService');
  return problems.some((problem) => problem.includes(key));
}

async function change(
  link: ServiceLink,
  set: Readonly<Record<string, unknown>>,
  options: ConfigOptions,
): Promise<number> {
  const output = openOutput(options);
  const config = await link.rest.call('changeConfig', { body: { set } });
  output.object(config);
  if (output.json) return EXIT.OK;
  const changed = config.settings.filter(({ key }) => Object.hasOwn(set, key));
  for (const line of settingLines(changed)) output.line(line);
  return EXIT.OK;
}

async function settingsOf(
  link: ServiceLink | undefined,
  options: ConfigOptions,
  output: Output,
): Promise<readonly SettingFacts[]> {
  if (link !== undefined) return (await link.rest.call('getConfig')).settings;
  output.line('No service runs: these are the settings that one would start with.');
  const { loadConfig } = await import('../../config/load-config.ts');
  const { provenance } = await loadConfig({ configFile: options.config });
  return provenance.map(({ key, value, provider, source }) => ({
    key,
    value,
    provider,
    source: source === '' ? null : source,
  }));
}

/** `key=value` words, or one key followed by its value. */
function pairs(words: readonly string[]): readonly (readonly [string, string])[] {
  const [first = '', second] = words;
  if (words.length === 2 && !first.includes('=') && second !== undefined) return [[first, second]];
  return words.map((word) => {
    const equalsAt = word.indexOf('=');
    if (equalsAt > 0) return [word.slice(0, equalsAt), word.slice(equalsAt + 1)] as const;
    throw new CommandError(
      EXIT.BAD_OPTION,
      `"${printable(word)}" is not key=value, such as bandwidth.total=2M.`,
    );
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    // Not there, or not for this user: either way it is not read.
    return false;
  }
}
