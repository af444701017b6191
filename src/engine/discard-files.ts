import { messageOf } from '../core/errors.ts';
import { forgetSecrets } from './download/secrets.ts';
import type { Engine } from './engine.ts';
import type { LiveJob } from './live-job.ts';
import { partialIdOf } from './partial-id.ts';

/**
 * Deletes every partial file of a final job, and its custom headers. What cannot be deleted now is
 * tried again at the next start.
 *
 * @returns whether nothing is left
 */
export async function discardFiles(engine: Engine, live: LiveJob): Promise<boolean> {
  live.busy = true;
  engine.jobs.review(live);
  await live.stopping;
  let clean: boolean;
  try {
    // After a power cut a job that lives again would miss them.
    await engine.ports.store.flushed();
    clean = await removePartials(engine, live);
    engine.ports.store.saveCustomHeaders(live.id, undefined);
    if (live.job.download !== undefined) forgetSecrets(engine, live);
    engine.ports.store.setDiscarded(live.id, clean);
  } catch (error) {
    clean = false;
    warn(engine, live, error);
  }
  live.busy = false;
  engine.jobs.review(live);
  return clean;
}

async function removePartials(engine: Engine, live: LiveJob): Promise<boolean> {
  let clean = true;
  for (const file of live.files) {
    if (file.localName === undefined || file.published) continue;
    try {
      await engine.partialsOf(live.job).remove(partialIdOf(file));
    } catch (error) {
      clean = false;
      warn(engine, live, error);
    }
  }
  return clean;
}

function warn(engine: Engine, live: LiveJob, error: unknown): void {
  const reason = messageOf(error);
  engine.settings.onWarning(`Job ${live.id}: something was left behind: ${reason}`);
}
