import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { listenForInterruption } from '../interruption.ts';
import { openOutput } from '../output.ts';
import { eventText } from './event-text.ts';
import { findRemoteJob } from './find-remote-jobs.ts';
import { openEvents } from './open-events.ts';
import type { ServiceLink } from './service-link.ts';

/** Options of `events`, as typed. */
export interface EventsOptions extends GlobalOptions {
  readonly job?: string;
  readonly after?: string;
  readonly progress?: boolean;
  readonly owner?: string;
}

/** `haulyard events`: what happens to jobs, as it happens, until Ctrl-C. */
export async function events(link: ServiceLink, options: EventsOptions): Promise<number> {
  const output = openOutput(options);
  const after = options.after === undefined ? undefined : sequence(options.after);
  const job = options.job === undefined ? undefined : await findRemoteJob(link, options.job);
  using interruption = listenForInterruption();
  await using _stream = await openEvents(link, {
    ...(job !== undefined && { job: job.id }),
    ...(after !== undefined && { after }),
    ...(options.owner !== undefined && { owner: options.owner }),
    progress: options.progress === true,
    onEvent(event) {
      output.object(event);
      if (!output.json) output.line(eventText(event));
    },
    onGap: () => output.line('Some events are gone: `haulyard list` shows the jobs as they are.'),
    tell: (line) => output.line(line),
  });
  await aborted(interruption.signal);
  return EXIT.OK;
}

/** Resolves once the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}

function sequence(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new CommandError(
    EXIT.BAD_OPTION,
    `--after: "${text}" is not the number of an event, such as \`haulyard events\` shows at the left.`,
  );
}
