import { HRESULT } from '../../core/codes.ts';
import { recount, startedOver } from '../../core/job/file.ts';
import type { Engine } from '../engine.ts';
import { resumeJob } from '../job-calls.ts';
import type { LiveJob } from '../live-job.ts';
import { partialIdOf } from '../partial-id.ts';

/** Whether bytes of the download are recorded and their partial file is gone. */
export async function hasVanished(engine: Engine, live: LiveJob): Promise<boolean> {
  const [file] = live.files;
  if (file === undefined || file.written.length === 0) return false;
  return (await engine.partialsOf(live.job).identify(partialIdOf(file))) === undefined;
}

/**
 * The start of a download whose partial file somebody deleted: it fails and says so, and the next
 * start begins from nothing.
 */
export function failVanished(engine: Engine, live: LiveJob): void {
  const before = live.files[0]!;
  const file = startedOver(before);
  const files = recount(live.job.files, before, file);
  engine.happen(live, { event: 'filesChanged', files, progressed: false }, [file]);
  resumeJob(engine, live);
  engine.happenAnyway(live, {
    event: 'failed',
    failure: {
      kind: 'fatal',
      code: 'ERROR_FILE_NOT_FOUND',
      hresult: HRESULT.ERROR_FILE_NOT_FOUND,
      message: `The partial file of ${before.localName} was deleted while the download was paused: start it again to fetch it anew.`,
      fileIndex: 0,
    },
  });
}
