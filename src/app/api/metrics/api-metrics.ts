import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { Caller, TransferService } from '../../../engine/service/transfer-service.ts';
import { stateName } from '../dto/names.ts';
import { STATE_NAMES } from '../../../rest/resources/common.ts';
import type { BG_JOB_STATE } from '../../../core/constants.ts';

/** Seconds; most answers take about a millisecond, and those that wait for a disk a few tens. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What a service counts of itself, for Prometheus. */
export class ApiMetrics {
  readonly #service: TransferService;
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'status'>;
  readonly #durations: Histogram<'route'>;
  readonly #beforeReading: () => void;

  constructor(service: TransferService, eventListeners: () => number) {
    this.#service = service;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: 'haulyard_' });
    this.#requests = new Counter({
      name: 'haulyard_http_requests_total',
      help: 'Requests answered, by route and status',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'haulyard_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer; streams are left out',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    const listeners = new Gauge({
      name: 'haulyard_event_listeners',
      help: 'Open event streams',
      registers,
    });
    this.#beforeReading = () => listeners.set(eventListeners());
  }

  /** Counts an answer. `seconds` undefined: a stream, whose length says nothing. */
  count(route: string, status: number, seconds: number | undefined): void {
    this.#requests.inc({ route, status: String(status) });
    if (seconds !== undefined) this.#durations.observe({ route }, seconds);
  }

  /** Everything as text. Jobs are counted as far as the caller may know of them. */
  async text(caller: Caller): Promise<string> {
    const jobs = jobMetrics(this.#service, caller);
    this.#beforeReading();
    const text = `${await jobs.metrics()}${await this.#registry.metrics()}`;
    // What has not been measured yet is written as the format spells it.
    return text.replaceAll(/ Nan$/gm, ' NaN');
  }
}

/** Made anew for each reading, because every caller sees other jobs. */
function jobMetrics(service: TransferService, caller: Caller): Registry {
  const registry = new Registry();
  const registers = [registry];
  const { jobsByState, running, bytesPerSecond, months } = service.statistics(caller);
  const jobs = new Gauge({
    name: 'haulyard_jobs',
    help: 'Jobs by state, those of the history included',
    labelNames: ['state'],
    registers,
  });
  for (const state of STATE_NAMES.keys()) {
    jobs.set(
      { state: stateName(state as BG_JOB_STATE) },
      jobsByState.get(state as BG_JOB_STATE) ?? 0,
    );
  }
  const active = new Gauge({
    name: 'haulyard_jobs_running',
    help: 'Jobs that hold a slot',
    labelNames: ['kind'],
    registers,
  });
  active.set({ kind: 'foreground' }, running.foreground);
  active.set({ kind: 'background' }, running.background);
  gauge('haulyard_bytes_per_second', 'Rate of all transfers just now', bytesPerSecond, registers);
  const bytes = new Counter({
    name: 'haulyard_bytes_total',
    help: 'Bytes moved, by source and direction, as far back as they are kept',
    labelNames: ['source', 'direction'],
    registers,
  });
  for (const { source, bytesDown, bytesUp } of months) {
    bytes.inc({ source, direction: 'down' }, bytesDown);
    bytes.inc({ source, direction: 'up' }, bytesUp);
  }
  const { last, trimmed } = service.eventBounds();
  gauge('haulyard_event_sequence', 'Number of the newest event', last, registers);
  gauge('haulyard_event_trimmed_sequence', 'Events up to this one are gone', trimmed, registers);
  return registry;
}

function gauge(name: string, help: string, value: number, registers: Registry[]): void {
  new Gauge({ name, help, registers }).set(value);
}
