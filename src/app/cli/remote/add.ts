import { randomUUID } from 'node:crypto';
import { basename, resolve } from 'node:path';

import type { Body, JobResource } from '../../../rest/contract.ts';
import { CommandError } from '../command-error.ts';
import { planDownloads } from '../download-plan.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { jobName } from '../job-name.ts';
import { makeDirectories } from '../make-directories.ts';
import {
  checksumOption,
  headersOption,
  limitOption,
  priorityName,
  priorityOption,
  timeoutOption,
} from '../option-values.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { readUrlList } from '../read-url-list.ts';
import { costFlags } from './cost-names.ts';
import type { ServiceLink } from './service-link.ts';

/** Options of `add`, as typed. */
export interface AddOptions extends GlobalOptions {
  readonly out?: string;
  readonly dir?: string;
  readonly inputFile?: string;
  readonly name?: string;
  readonly priority?: string;
  readonly paused?: boolean;
  readonly header?: readonly string[];
  readonly limit?: string;
  readonly checksum?: string;
  readonly cost?: string;
  readonly timeout?: string;
  /** One job for each URL. */
  readonly each?: boolean;
}

type NewJob = Body<'createJob'>;

/** `haulyard add`: makes a job of the service and leaves it to it. */
export async function add(
  link: ServiceLink,
  urls: readonly string[],
  options: AddOptions,
): Promise<number> {
  const output = openOutput(options);
  const common = commonOf(options);
  const digest = options.checksum === undefined ? undefined : checksumOption(options.checksum);
  const directory = resolve(options.dir ?? '.');
  const list = options.inputFile === undefined ? [] : await readUrlList(options.inputFile);
  const plan = planDownloads({ urls, list, directory, out: options.out });
  if (digest !== undefined && plan.length > 1) {
    throw new CommandError(EXIT.BAD_OPTION, '--checksum is for one file, so it goes with one URL.');
  }
  if (options.name !== undefined && options.each === true && plan.length > 1) {
    throw new CommandError(
      EXIT.BAD_OPTION,
      '--name is for one job, so it does not go with --each.',
    );
  }
  // Made here, with the rights of whoever types: the service refuses what they could not write.
  await makeDirectories(plan, directory);
  const groups = options.each === true ? plan.map((one) => [one]) : [plan];
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) continue;
    const fileName = basename(first.file);
    const name = group.length === 1 ? fileName : `${fileName} and ${group.length - 1} more`;
    const job: JobResource = await link.rest.call('createJob', {
      // Should the answer be lost on its way, no second job is made.
      headers: { 'idempotency-key': randomUUID() },
      body: {
        ...common,
        displayName: options.name ?? jobName(name, digest),
        files: group.map(({ url, file }) => ({
          remoteName: url,
          localName: file,
          ...(digest !== undefined && { digest }),
        })),
      },
    });
    output.object(job);
    output.value(job.id);
    const doing = options.paused === true ? 'waits for `haulyard resume`' : job.state;
    output.line(`${printable(options.name ?? name)}: ${doing}`);
  }
  return EXIT.OK;
}

function commonOf(options: AddOptions): Omit<NewJob, 'displayName' | 'files'> {
  const { priority, header, limit, cost, timeout, paused } = options;
  const customHeaders = headersOption(header ?? []);
  return {
    resume: paused !== true,
    ...(priority !== undefined && {
      priority: priorityName(priorityOption(priority)) as JobResource['priority'],
    }),
    ...(customHeaders !== null && { customHeaders }),
    ...(limit !== undefined && { maxBytesPerSecond: limitOption(limit) }),
    ...(cost !== undefined && { costFlags: costFlags('--cost', cost) }),
    ...(timeout !== undefined && { noProgressTimeoutSeconds: timeoutOption(timeout) }),
  };
}
