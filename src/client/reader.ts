import { RestClient } from '../rest/client.ts';
import type { Answer, FileResource, JobResource } from '../rest/contract.ts';
import { EventStream, type StreamedEvent } from '../rest/event-stream.ts';
import { clientClock, sleep } from './client-clock.ts';
import { fetchSender } from './fetch-sender.ts';

export interface ReaderOptions {
  /** Address of the service. Default: the origin of the page. */
  readonly url?: string;
  readonly token?: string;
  /** Milliseconds for each call. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Which jobs to list. */
export interface JobsQuery {
  /** Final ones too, for as long as their history is kept. Default false. */
  readonly all?: boolean;
  /** Names of states, such as `error`; without it, all that are not final. */
  readonly states?: readonly JobResource['state'][];
  readonly family?: 'job' | 'download' | 'both';
  readonly signal?: AbortSignal;
}

export interface WatchOptions {
  /** Only events of this job. */
  readonly job?: string;
  /** Frames about moving bytes too, about one a second. Default true. */
  readonly progress?: boolean;
  /** Events after this one come first. */
  readonly after?: number;
  /** Each event once and in order. */
  onEvent(event: StreamedEvent): void;
  /** Events may have been missed: read the jobs again. */
  onGap(): void;
}

/** What can be seen of a service, as plain values. Calls reject with `DeliveryOptimizationError`. */
export interface ServiceReader {
  /** Jobs in order of creation, page after page. */
  jobs(query?: JobsQuery): AsyncGenerator<JobResource>;
  job(id: string, signal?: AbortSignal): Promise<JobResource>;
  /** Files of a job, page after page. */
  files(id: string, signal?: AbortSignal): AsyncGenerator<FileResource>;
  /** Why a job is where it is. */
  explain(id: string, signal?: AbortSignal): Promise<Answer<'explainJob'>>;
  stats(signal?: AbortSignal): Promise<Answer<'getStats'>>;
  limits(signal?: AbortSignal): Promise<Answer<'getLimits'>>;
  /** Follows what happens; the stream is kept up until it is disposed of. */
  watch(options: WatchOptions): Promise<AsyncDisposable>;
}

const PER_PAGE = 1_000;

/** Reads from a service with `fetch`: works in a browser as well as in Node. */
export function openReader({ url = '', token, timeoutMs }: ReaderOptions = {}): ServiceReader {
  const rest = new RestClient({
    send: fetchSender({ url, token }),
    where: url === '' ? 'the origin of this page' : url,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return {
    async *jobs({ all = false, states, family = 'job', signal } = {}) {
      let cursor: string | undefined;
      do {
        const page: Answer<'listJobs'> = await rest.call('listJobs', {
          query: {
            limit: PER_PAGE,
            all: String(all),
            family,
            ...(states === undefined ? {} : { state: states.join(',') }),
            ...(cursor === undefined ? {} : { cursor }),
          },
          signal,
        });
        yield* page.jobs;
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
    },
    job: (id, signal) => rest.call('getJob', { params: { id }, signal }),
    async *files(id, signal) {
      let cursor: string | undefined;
      do {
        const page: Answer<'listFiles'> = await rest.call('listFiles', {
          params: { id },
          query: { limit: PER_PAGE, ...(cursor === undefined ? {} : { cursor }) },
          signal,
        });
        yield* page.files;
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
    },
    explain: (id, signal) => rest.call('explainJob', { params: { id }, signal }),
    stats: (signal) => rest.call('getStats', { signal }),
    limits: (signal) => rest.call('getLimits', { signal }),
    async watch(options) {
      const { job, progress, after } = options;
      const stream = new EventStream({
        client: rest,
        ...(job === undefined ? {} : { job }),
        ...(progress === undefined ? {} : { progress }),
        ...(after === undefined ? {} : { after }),
        onEvent: (event) => options.onEvent(event),
        onGap: () => options.onGap(),
        sleep: (delayMs, signal) => sleep(clientClock, delayMs, signal),
        random: Math.random,
      });
      await stream.open();
      return stream;
    },
  };
}
