import { resolve } from 'node:path';

import { CommandError } from '../command-error.ts';
import { planDownloads } from '../download-plan.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { makeDirectories } from '../make-directories.ts';
import { openOutput } from '../output.ts';
import { findRemoteJob } from './find-remote-jobs.ts';
import { filesOf } from './job-pages.ts';
import { filesLines } from './show.ts';
import type { ServiceLink } from './service-link.ts';

/** Options of `files`, as typed. */
export interface FilesOptions extends GlobalOptions {
  readonly add?: readonly string[];
  readonly dir?: string;
  readonly out?: string;
}

/** `haulyard files`: the files of a job; with `--add`, more of them. */
export async function files(
  link: ServiceLink,
  text: string,
  options: FilesOptions,
): Promise<number> {
  const output = openOutput(options);
  if (options.add === undefined && (options.dir !== undefined || options.out !== undefined)) {
    throw new CommandError(EXIT.BAD_OPTION, '-d and -o are for files to add: give --add URL, too.');
  }
  const job = await findRemoteJob(link, text);
  if (options.add !== undefined) {
    const directory = resolve(options.dir ?? '.');
    const plan = planDownloads({ urls: options.add, list: [], directory, out: options.out });
    await makeDirectories(plan, directory);
    await link.rest.call('addFiles', {
      params: { id: job.id },
      body: { files: plan.map(({ url, file }) => ({ remoteName: url, localName: file })) },
    });
    output.line(`added ${plan.length === 1 ? 'a file' : `${plan.length} files`} to ${job.id}`);
  }
  const all = await filesOf(link, job.id);
  output.list(all);
  if (output.json) return EXIT.OK;
  if (all.length === 0) output.line('The job has no files yet; --add URL gives it one.');
  const progress = { ...job.progress, filesTotal: all.length };
  for (const line of filesLines({ progress }, all)) output.line(line);
  return EXIT.OK;
}
