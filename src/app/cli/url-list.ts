import { CommandError } from './command-error.ts';
import { EXIT } from './exit-numbers.ts';

/** One download of a list. */
export interface ListEntry {
  readonly url: string;
  /** The name after `out=`. */
  readonly out?: string;
  /** Counts from 1, for messages. */
  readonly line: number;
}

/**
 * Reads a list as aria2 has them: a URL per line; lines that begin with `#` and empty lines do not
 * count; an indented line holds an option for the URL above, and `out=NAME` is the only one.
 *
 * @param source - how messages call the list
 * @throws CommandError 28 naming the line
 */
export function parseUrlList(text: string, source: string): readonly ListEntry[] {
  const entries: ListEntry[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === '' || raw.startsWith('#')) continue;
    if (/^\s/.test(raw)) {
      const last = entries.pop();
      if (last === undefined) throw wrong(source, line, 'has an option before any URL');
      entries.push(withOption(last, content, source, line));
    } else {
      entries.push({ url: content, line });
    }
  }
  return entries;
}

function withOption(entry: ListEntry, option: string, source: string, line: number): ListEntry {
  const equalsAt = option.indexOf('=');
  const name = equalsAt < 0 ? option : option.slice(0, equalsAt);
  const value = option.slice(equalsAt + 1).trim();
  if (name.trim() !== 'out' || equalsAt < 0) {
    throw wrong(source, line, 'has an option that is not known; only out=NAME is');
  }
  if (value === '') throw wrong(source, line, 'has an empty out=');
  if (entry.out !== undefined) throw wrong(source, line, 'has a second out= for one URL');
  return { ...entry, out: value };
}

function wrong(source: string, line: number, what: string): CommandError {
  return new CommandError(EXIT.BAD_OPTION, `Line ${line} of ${source} ${what}.`);
}
