/**
 * Run by a test as a process of its own: `node unprivileged-child.ts DIRECTORY`. Tries what an
 * ordinary user may not do there, and prints a JSON object from what was tried to what came of it.
 */
import { isDeliveryOptimizationError } from '../../../src/core/errors.ts';
import { openPartialFiles } from '../../../src/io/disk/partial-files.ts';
import type { PartialFileId } from '../../../src/ports/partial-files.ts';

/** The user "nobody" of Linux. */
const NOBODY = 65_534;

// Only now: nobody may not be able to read the modules above.
if (process.geteuid?.() === 0) {
  process.setgroups?.([NOBODY]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

const files = openPartialFiles();
const directory = process.argv[2] ?? '';
const locked: PartialFileId = {
  jobId: 'a1-b2',
  index: 0,
  localName: `${directory}locked/out.bin`,
};
const dropBox: PartialFileId = { ...locked, localName: `${directory}drop-box/out.bin` };

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return isDeliveryOptimizationError(error) ? error.code : String(error);
  }
}

async function downloadInto(id: PartialFileId): Promise<void> {
  {
    await using file = await files.open(id, false);
    await file?.write([Uint8Array.of(1, 2, 3)], 0);
    await file?.flush();
  }
  await files.publish([id]);
}

const outcomes = {
  checkLocked: await outcomeOf(files.checkTarget(locked.localName)),
  createLocked: await outcomeOf(files.open({ ...locked, index: 1 }, false)),
  publishLocked: await outcomeOf(files.publish([locked])),
  removeLocked: await outcomeOf(files.remove(locked)),
  checkDropBox: await outcomeOf(files.checkTarget(dropBox.localName)),
  downloadIntoDropBox: await outcomeOf(downloadInto(dropBox)),
};
process.stdout.write(JSON.stringify(outcomes));
