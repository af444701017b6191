import { BG_S_UNABLE_TO_DELETE_FILES } from '../../../core/codes.ts';
import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import { toUnsigned } from '../../../core/hresult.ts';
import type { JobResource } from '../../../rest/contract.ts';
import { exitCodeOf } from '../exit-code.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { shortName } from '../job-name.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { errorLine } from '../report.ts';
import { chosenJobs } from './find-remote-jobs.ts';
import type { ServiceLink } from './service-link.ts';

/** What is done to jobs by name. */
export type JobVerb = 'pause' | 'resume' | 'retry' | 'cancel' | 'remove';

/** Options of these commands. */
export interface ActOptions extends GlobalOptions {
  readonly all?: boolean;
}

type State = JobResource['state'];

/** A verb: whom `--all` means, what is called, and how its success is told. */
interface VerbRules {
  readonly states: readonly State[];
  readonly done: string;
  /** Returns what `--json` prints: the answer as it came. */
  readonly call: (link: ServiceLink, id: string) => Promise<unknown>;
}

const LIVE: readonly State[] = [
  'queued',
  'connecting',
  'transferring',
  'suspended',
  'error',
  'transient_error',
  'transferred',
];

/** Whom `resume --all` means. */
export const RESUMABLE: readonly State[] = ['suspended', 'error', 'transient_error'];

const VERBS: Readonly<Record<JobVerb, VerbRules>> = {
  pause: {
    states: ['queued', 'connecting', 'transferring', 'transient_error'],
    done: 'paused',
    call: ({ rest }, id) => rest.call('suspendJob', { params: { id } }),
  },
  resume: {
    states: RESUMABLE,
    done: 'goes on in the service',
    call: ({ rest }, id) => rest.call('resumeJob', { params: { id } }),
  },
  retry: {
    states: ['error', 'transient_error'],
    done: 'is tried again',
    call: ({ rest }, id) => rest.call('retryJob', { params: { id } }),
  },
  cancel: {
    states: LIVE,
    done: 'cancelled',
    call: ({ rest }, id) => rest.call('cancelJobAction', { params: { id } }),
  },
  remove: {
    states: ['acknowledged', 'cancelled'],
    done: 'removed',
    call: ({ rest }, id) => rest.call('removeJob', { params: { id } }),
  },
};

/**
 * Does something to jobs of the service. All names are looked up before anything is done; then one
 * refusal does not keep the others from it, and the last one gives the exit code.
 */
export async function actOnJobs(
  link: ServiceLink,
  verb: JobVerb,
  texts: readonly string[],
  options: ActOptions,
): Promise<number> {
  const output = openOutput(options);
  const { states, done, call } = VERBS[verb];
  const jobs = await chosenJobs(link, { texts, all: options.all === true, states });
  if (jobs.length === 0) output.line(`No job is ${states.join(' or ').replaceAll('_', ' ')}.`);
  let exitCode: number = EXIT.OK;
  for (const { id, displayName } of jobs) {
    const name = printable(shortName(displayName));
    try {
      const answer = await call(link, id);
      output.object(answer ?? { id });
      output.line(`${name}: ${done}`);
      if (leftFiles(answer)) {
        output.line(
          `${name}: some temporary files could not be deleted; this is tried again later.`,
        );
      }
    } catch (error) {
      if (!isDeliveryOptimizationError(error)) throw error;
      output.line(output.colors.red(`${name}: ${errorLine(error.toJSON())}`));
      exitCode = exitCodeOf(error);
      // Without a service the others fail just the same.
      if (exitCode === EXIT.NO_SERVICE) break;
    }
  }
  return exitCode;
}

function leftFiles(answer: unknown): boolean {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'hresult' in answer &&
    typeof answer.hresult === 'number' &&
    toUnsigned(answer.hresult) === BG_S_UNABLE_TO_DELETE_FILES
  );
}
