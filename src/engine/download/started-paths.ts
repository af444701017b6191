import { DODownloadProperty } from '../../core/constants.ts';
import type { Job } from '../../core/job/job.ts';
import { isFinal } from '../../core/job/step.ts';
import type { Engine } from '../engine.ts';
import { unfinishedDownloads } from './find-downloads.ts';

/** Which downloads that have been started go to which path, so that a start need not read them all. */
export class StartedPaths {
  readonly #ids = new Map<string, Set<string>>();

  constructor(engine: Engine) {
    for (const job of unfinishedDownloads(engine.ports.store)) this.add(job);
    const unsubscribe = engine.changes.on(({ job }) => {
      if (job.download !== undefined && isFinal(job.state)) this.#remove(job);
    });
    engine.ending.addEventListener('abort', unsubscribe, { once: true });
  }

  /** Ids of the downloads to a path, of every caller. */
  to(path: string): readonly string[] {
    return [...(this.#ids.get(path) ?? [])];
  }

  /** To be called when a download has been started. */
  add(job: Job): void {
    const path = pathOf(job);
    if (path === undefined || job.download?.started !== true) return;
    const ids = this.#ids.get(path) ?? new Set();
    this.#ids.set(path, ids.add(job.id));
  }

  #remove(job: Job): void {
    const path = pathOf(job);
    const ids = path === undefined ? undefined : this.#ids.get(path);
    if (path === undefined || ids === undefined) return;
    ids.delete(job.id);
    if (ids.size === 0) this.#ids.delete(path);
  }
}

function pathOf(job: Job): string | undefined {
  const path = job.download?.properties[DODownloadProperty.LocalPath];
  return typeof path === 'string' ? path : undefined;
}

const known = new WeakMap<Engine, StartedPaths>();

/** The paths of an engine, read from its store when they are first asked for. */
export function startedPaths(engine: Engine): StartedPaths {
  const found = known.get(engine) ?? new StartedPaths(engine);
  known.set(engine, found);
  return found;
}
