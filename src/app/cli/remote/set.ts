import { messageOf } from '../../../core/errors.ts';
import { parseDuration, parseRate } from '../../../core/units.ts';
import type { Body, JobResource } from '../../../rest/contract.ts';
import { suggest } from '../../config/suggest.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { priorityName, priorityOption } from '../option-values.ts';
import { openOutput } from '../output.ts';
import { costFlags } from './cost-names.ts';
import { findRemoteJob } from './find-remote-jobs.ts';
import { jobLines } from './show.ts';
import type { ServiceLink } from './service-link.ts';

type JobChange = Body<'changeJob'>;

/** What the words of a command ask to change. */
export interface WantedChange {
  readonly job: JobChange;
  /** New URLs, by the index of their file. */
  readonly urls: ReadonlyMap<number, string>;
}

const NO_LIMIT: readonly string[] = ['none', 'off', 'unlimited'];

/** Each key of `set`, and how its text becomes a property. */
const KEYS: Readonly<Record<string, (text: string) => JobChange>> = {
  priority: (text) => ({
    priority: priorityName(priorityOption(text, 'priority')) as JobResource['priority'],
  }),
  limit: (text) => ({
    maxBytesPerSecond: NO_LIMIT.includes(text.toLowerCase())
      ? null
      : parsed('limit', text, parseRate),
  }),
  'no-progress-timeout': (text) => ({
    noProgressTimeoutSeconds: Math.ceil(parsed('no-progress-timeout', text, parseDuration) / 1_000),
  }),
  'notify-flags': (text) => ({ notifyFlags: integer('notify-flags', text) }),
  cost: (text) => ({ costFlags: costFlags('cost', text) }),
  handler: (text) => ({ notificationClsid: text }),
};

/** The names that `set` knows, for its help. */
export const SET_KEYS: readonly string[] = [...Object.keys(KEYS), 'url', 'url.INDEX'];

/** `haulyard set`: changes properties of a job while it is there, running or not. */
export async function set(
  link: ServiceLink,
  text: string,
  words: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const output = openOutput(options);
  const { job: change, urls } = wantedChange(words);
  const job = await findRemoteJob(link, text);
  const params = { id: job.id };
  let changed: JobResource = job;
  if (Object.keys(change).length > 0) {
    changed = await link.rest.call('changeJob', { params, body: change });
  }
  for (const [index, remoteName] of urls) {
    await link.rest.call('changeFile', { params: { ...params, index }, body: { remoteName } });
  }
  if (urls.size > 0) changed = await link.rest.call('getJob', { params });
  output.object(changed);
  if (!output.json) for (const line of jobLines(changed)) output.line(line);
  return EXIT.OK;
}

/**
 * Reads `key=value` words.
 *
 * @throws CommandError 28 naming the word
 */
export function wantedChange(words: readonly string[]): WantedChange {
  let job: JobChange = {};
  const urls = new Map<number, string>();
  const seen = new Set<string>();
  for (const word of words) {
    const equalsAt = word.indexOf('=');
    if (equalsAt < 1) throw bad(`"${word}" is not key=value, such as priority=low.`);
    const key = word.slice(0, equalsAt).toLowerCase().replaceAll('_', '-');
    const value = word.slice(equalsAt + 1);
    if (seen.has(key)) throw bad(`"${key}" is given twice.`);
    seen.add(key);
    const [, index] = /^url(?:\.(\d{1,9}))?$/.exec(key) ?? [];
    if (key === 'url' || index !== undefined) {
      urls.set(Number(index ?? 0), value);
      continue;
    }
    const read = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (read === undefined) throw unknownKey(key);
    job = { ...job, ...read(value) };
  }
  return { job, urls };
}

function unknownKey(key: string): CommandError {
  const near = suggest(key, SET_KEYS);
  return bad(
    `No property is called "${key}"${near === undefined ? '.' : `; did you mean "${near}"?`} ` +
      `There are: ${SET_KEYS.join(', ')}.`,
  );
}

function integer(key: string, text: string): number {
  if (/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) return Number(text);
  throw bad(`${key}: "${text}" is not a whole number.`);
}

function parsed(key: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text);
  } catch (error) {
    throw bad(`${key}: ${messageOf(error)}`);
  }
}

function bad(message: string): CommandError {
  return new CommandError(EXIT.BAD_OPTION, message);
}
