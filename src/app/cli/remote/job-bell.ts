import { openEvents } from './open-events.ts';
import type { ServiceLink } from './service-link.ts';

/** Rings for each job of which the event stream tells something. */
export interface JobBell extends AsyncDisposable {
  listen(id: string, ring: () => void): void;
}

/**
 * One event stream for all jobs of a command. It rings for every job when events may have been
 * missed.
 *
 * @param tell - hears that the service went away and that it is back
 */
export async function openJobBell(
  link: ServiceLink,
  tell: (line: string) => void,
): Promise<JobBell> {
  const rings = new Map<string, () => void>();
  const stream = await openEvents(link, {
    onEvent: (event) => rings.get(event.jobId)?.(),
    onGap: () => rings.forEach((ring) => ring()),
    tell,
  });
  return {
    listen(id, ring) {
      rings.set(id, ring);
    },
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  };
}
