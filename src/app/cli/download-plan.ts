import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';

import { maskUrl, messageOf } from '../../core/errors.ts';
import { checkRemoteUrl } from '../../core/http/url.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-numbers.ts';
import { nameFromUrl } from './target-name.ts';
import type { ListEntry } from './url-list.ts';

/** One file to fetch. */
export interface PlannedDownload {
  readonly url: string;
  /** Absolute path of the file to be. */
  readonly file: string;
}

/** What the command line says about where files go. */
export interface PlanInput {
  readonly urls: readonly string[];
  readonly list: readonly ListEntry[];
  /** Absolute directory of all targets. */
  readonly directory: string;
  /** The value of -o. */
  readonly out?: string | undefined;
}

/**
 * What is to be fetched, and under which names, or the reason why nothing is started.
 *
 * @throws CommandError 28
 */
export function planDownloads(input: PlanInput): readonly PlannedDownload[] {
  const { urls, list, directory, out } = input;
  if (urls.length + list.length === 0) {
    throw bad('Nothing to fetch: give a URL, or a list of them with -i.');
  }
  if (out !== undefined && urls.length + list.length !== 1) {
    throw bad('-o names one file, so it goes with one URL; use -d, or out= in a list.');
  }
  const plan = [
    ...urls.map((text) => planned(text, directory, out)),
    ...list.map((entry) => planned(entry.url, directory, out ?? insideOf(directory, entry))),
  ];
  refuseSameTarget(plan);
  return plan;
}

/** The directories that have to be there before anything starts. */
export function directoriesOf(plan: readonly PlannedDownload[], directory: string): Set<string> {
  const inside = plan.map(({ file }) => dirname(file)).filter((path) => isInside(directory, path));
  return new Set([directory, ...inside]);
}

function planned(text: string, directory: string, out: string | undefined): PlannedDownload {
  const url = usableUrl(text);
  if (out === undefined) return { url, file: resolve(directory, nameFromUrl(url)) };
  if (out === '' || /[/\\]$/.test(out))
    throw bad(`"${out}" is a directory; -o and out= name files.`);
  return { url, file: resolve(directory, out) };
}

/** The URL as the engine takes it: what browsers would escape is escaped. */
function usableUrl(text: string): string {
  const trimmed = text.trim();
  // Parsers disagree on backslashes, so they are left for the check to refuse.
  const escapes = /[^\x21-\x7e]/.test(trimmed) && !trimmed.includes('\\') && URL.canParse(trimmed);
  try {
    return checkRemoteUrl(escapes ? new URL(trimmed).href : trimmed);
  } catch (error) {
    const reason = messageOf(error);
    throw new CommandError(EXIT.BAD_OPTION, `${maskUrl(trimmed)}: ${reason}`, error);
  }
}

/** Lists come from elsewhere more often than options do, so their names stay in the directory. */
function insideOf(directory: string, entry: ListEntry): string | undefined {
  const { out, line } = entry;
  if (out === undefined) return undefined;
  if (isAbsolute(out) || !isInside(directory, resolve(directory, out))) {
    throw bad(`Line ${line} of the list: "out=${out}" leads out of ${directory}.`);
  }
  return out;
}

function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function refuseSameTarget(plan: readonly PlannedDownload[]): void {
  const urlByFile = new Map<string, string>();
  for (const { url, file } of plan) {
    const other = urlByFile.get(file);
    if (other !== undefined) {
      throw bad(
        `${maskUrl(other)} and ${maskUrl(url)} would both become ${file}; ` +
          'fetch them with separate commands and -o, or give them out= in a list.',
      );
    }
    urlByFile.set(file, url);
  }
}

function bad(message: string): CommandError {
  return new CommandError(EXIT.BAD_OPTION, message);
}
