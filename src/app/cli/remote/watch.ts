import { isDeliveryOptimizationError, messageOf } from '../../../core/errors.ts';
import type { JobResource } from '../../../rest/contract.ts';
import type { StreamedEvent } from '../../../rest/event-stream.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { listenForInterruption } from '../interruption.ts';
import { shortName } from '../job-name.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import { plainDisplay } from '../progress/plain-display.ts';
import { errorLine } from '../report.ts';
import { aborted, events } from './events.ts';
import { JobBoard } from './job-board.ts';
import { jobTable } from './job-table.ts';
import { openLiveTable } from './live-table.ts';
import { openEvents } from './open-events.ts';
import { lookOf } from './remote-job.ts';
import type { ServiceLink } from './service-link.ts';

/** Often enough to look alive, seldom enough to cost nothing. */
const DRAW_EVERY_MS = 250;

/** `haulyard watch`: all jobs at a glance, until q or Ctrl-C. */
export async function watch(link: ServiceLink, options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  if (output.json) return events(link, { ...options, progress: true });
  const { stderr, env } = process;
  if (stderr.isTTY && env['TERM'] !== 'dumb') return watchTable(link, output);
  return watchLines(link, output);
}

async function watchTable(link: ServiceLink, output: Output): Promise<number> {
  const { stderr } = process;
  using interruption = listenForInterruption();
  let changed = true;
  let news = '';
  const board = new JobBoard(
    link,
    () => (changed = true),
    (error) => (news = troubleText(error)),
  );
  await board.readAll();
  {
    await using _stream = await openEvents(link, {
      onEvent: (event) => board.note(event),
      onGap: () => readAgain(board, (text) => (news = text)),
      tell(line) {
        news = line;
        changed = true;
      },
    });
    using keys = quitKey();
    using table = openLiveTable(stderr);
    const draw = (): void => {
      const count = `${board.live} of ${board.jobs.length} jobs are not done`;
      if (changed) table.draw(board.jobs, `${count}; q ends${news === '' ? '' : `. ${news}`}`);
      changed = false;
    };
    const onResize = (): void => {
      changed = true;
      draw();
    };
    stderr.on('resize', onResize);
    const timer = setInterval(draw, DRAW_EVERY_MS);
    draw();
    await aborted(AbortSignal.any([interruption.signal, keys.signal]));
    clearInterval(timer);
    stderr.off('resize', onResize);
  }
  // The screen is as it was before; how things stand is left on it.
  if (board.jobs.length > 0) output.line(jobTable(board.jobs, output));
  return EXIT.OK;
}

/** Without a terminal: a line for each change of state, and progress as `get` tells it. */
async function watchLines(link: ServiceLink, output: Output): Promise<number> {
  using interruption = listenForInterruption();
  using display = plainDisplay((line) => output.line(line));
  const states = new Map<string, string>();
  const onChange = (job: JobResource, event: StreamedEvent | undefined): void => {
    const name = printable(shortName(job.displayName));
    if (event?.kind === 'progress') {
      const { bytesPerSecond } = job;
      display.update(job.id, { ...lookOf(job), bytesPerSecond, wait: undefined });
      return;
    }
    if (states.get(job.id) === job.state) return;
    states.set(job.id, job.state);
    const failure = job.error ?? undefined;
    const why = failure === undefined ? '' : `: ${errorLine(failure)}`;
    display.begin(job.id, name, `${job.state}${why}`);
  };
  const board = new JobBoard(link, onChange, (error) => output.line(troubleText(error)));
  await board.readAll();
  await using _stream = await openEvents(link, {
    onEvent: (event) => board.note(event),
    onGap: () => readAgain(board, (text) => output.line(text)),
    tell: (line) => output.line(line),
  });
  await aborted(interruption.signal);
  return EXIT.OK;
}

function readAgain(board: JobBoard, tell: (text: string) => void): void {
  board.readAll().catch((error: unknown) => tell(troubleText(error)));
}

function troubleText(error: unknown): string {
  if (isDeliveryOptimizationError(error)) return errorLine(error.toJSON());
  return messageOf(error);
}

/** q, and what Ctrl-C and Ctrl-D send. */
const QUIT_KEYS = ['q', 'Q', '\u0003', '\u0004'];

/** Aborts when q is pressed, or Ctrl-C, which a raw terminal hands over as a key. */
function quitKey(): { readonly signal: AbortSignal } & Disposable {
  const { stdin } = process;
  const controller = new AbortController();
  if (!stdin.isTTY) return { signal: controller.signal, [Symbol.dispose]() {} };
  const onKeys = (keys: Buffer): void => {
    const pressed = keys.toString('latin1');
    if (QUIT_KEYS.some((key) => pressed.includes(key))) controller.abort();
  };
  stdin.setRawMode(true);
  stdin.on('data', onKeys);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      stdin.off('data', onKeys);
      stdin.setRawMode(false);
      // Otherwise the open terminal keeps the process from ending.
      stdin.pause();
    },
  };
}
