import assert from 'node:assert/strict';

import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BG_NOTIFY,
  BG_S_PARTIAL_COMPLETE,
  BITS_JOB_PROPERTY_ID,
  BITS_JOB_TRANSFER_POLICY,
  DOFilePropertyId,
  S_OK,
  isDeliveryOptimizationError,
  type IBackgroundCopyFile,
  type IBackgroundCopyJob,
  type IBackgroundCopyManager,
} from '../../../src/index.ts';
import {
  NO_RETRIES,
  addJob,
  nameOfState,
  waitForBytes,
  waitForState,
} from '../../support/engine-world.ts';
import { startOrigin, type Origin } from '../../support/origin.ts';
import type { Harness, Suite } from './harness.ts';

/** The states of table A that a job of this engine can be in, in the order of its columns. */
const STATES = [
  'SUSPENDED',
  'QUEUED',
  'TRANSFERRING',
  'TRANSIENT_ERROR',
  'ERROR',
  'TRANSFERRED',
  'ACKNOWLEDGED',
  'CANCELLED',
] as const;
type StateName = (typeof STATES)[number];

const LETTERS: Readonly<Record<string, readonly StateName[]>> = {
  S: ['SUSPENDED'],
  // J-4: TRANSFERRING, and in this world the failure that made the state, may follow at once.
  Q: ['QUEUED', 'TRANSFERRING', 'TRANSIENT_ERROR', 'ERROR', 'TRANSFERRED'],
  X: ['TRANSFERRED'],
  A: ['ACKNOWLEDGED'],
  C: ['CANCELLED'],
};

interface Subject {
  readonly manager: IBackgroundCopyManager;
  readonly job: IBackgroundCopyJob;
  readonly file: IBackgroundCopyFile;
  readonly id: string;
  readonly url: string;
  readonly target: (name: string) => string;
}

interface Row {
  readonly name: string;
  readonly call: (subject: Subject) => Promise<unknown>;
  /**
   * Outcome by state, in the order of STATES: `=` keeps the state, a letter names the next one, and
   * anything else is the code of the refusal.
   */
  readonly cells: string;
  /** What the call resolves to, where table A says. */
  readonly result?: (state: StateName) => unknown;
}

const CHANGES = '= = = = = = ✗ ✗';
const READS = '= = = = = = = =';
const callback = { jobTransferred() {}, jobError() {}, jobModification() {} };

const ROWS: readonly Row[] = [
  // The twenty documented methods.
  { name: 'cancel', call: ({ job }) => job.cancel(), cells: 'C C C C C C ✗ ✗', result: () => S_OK },
  {
    name: 'complete',
    call: ({ job }) => job.complete(),
    cells: 'A A A A A A ✗ ✗',
    result: (state) => (state === 'TRANSFERRED' ? S_OK : BG_S_PARTIAL_COMPLETE),
  },
  {
    name: 'enumFiles',
    call: async ({ job }) => (await job.enumFiles()).getCount(),
    cells: READS,
    result: () => 1,
  },
  { name: 'getDisplayName', call: ({ job }) => job.getDisplayName(), cells: READS },
  {
    name: 'getError',
    call: async ({ job }) => (await (await job.getError()).getError()).code,
    cells: 'none none none = = none none none',
    result: (state) => 0x8019_0000 + (state === 'ERROR' ? 404 : 503),
  },
  { name: 'getId', call: ({ job }) => job.getId(), cells: READS },
  {
    name: 'getNoProgressTimeout',
    call: ({ job }) => job.getNoProgressTimeout(),
    cells: READS,
    result: () => 86_400,
  },
  {
    name: 'getNotifyFlags',
    call: ({ job }) => job.getNotifyFlags(),
    cells: READS,
    result: () => 3,
  },
  {
    name: 'getNotifyInterface',
    call: ({ job }) => job.getNotifyInterface(),
    cells: READS,
    result: () => null,
  },
  {
    name: 'getPriority',
    call: ({ job }) => job.getPriority(),
    cells: READS,
    result: () => BG_JOB_PRIORITY.NORMAL,
  },
  {
    name: 'getProgress',
    call: async ({ job }) => (await job.getProgress()).filesTotal,
    cells: READS,
    result: () => 1,
  },
  {
    name: 'getState',
    call: ({ job }) => job.getState(),
    cells: READS,
    result: (state) => BG_JOB_STATE[state],
  },
  {
    name: 'getTimes',
    call: async ({ job }) => (await job.getTimes()).transferCompletionTime !== undefined,
    cells: READS,
    result: (state) => state === 'TRANSFERRED' || state === 'ACKNOWLEDGED',
  },
  { name: 'getType', call: ({ job }) => job.getType(), cells: READS, result: () => 0 },
  { name: 'resume', call: ({ job }) => job.resume(), cells: 'Q = = Q Q = ✗ ✗' },
  {
    name: 'setNoProgressTimeout',
    call: ({ job }) => job.setNoProgressTimeout(100),
    cells: CHANGES,
  },
  {
    name: 'setNotifyFlags',
    call: ({ job }) => job.setNotifyFlags(BG_NOTIFY.JOB_ERROR),
    cells: CHANGES,
  },
  {
    name: 'setNotifyInterface',
    call: ({ job }) => job.setNotifyInterface(callback),
    cells: CHANGES,
  },
  {
    name: 'setNotifyInterface to null',
    call: ({ job }) => job.setNotifyInterface(null),
    cells: READS,
  },
  { name: 'setPriority', call: ({ job }) => job.setPriority(BG_JOB_PRIORITY.LOW), cells: CHANGES },
  { name: 'suspend', call: ({ job }) => job.suspend(), cells: 'S S S S S = ✗ ✗' },

  // Adding files.
  {
    name: 'addFile',
    call: ({ job, url, target }) => job.addFile(url, target('b')),
    cells: '= = = = = S ✗ ✗',
  },
  {
    name: 'addFile with a bad URL',
    call: ({ job, target }) => job.addFile('nonsense', target('b')),
    cells: 'bad bad bad bad bad bad ✗ ✗',
  },
  {
    name: 'addFileSet',
    call: ({ job, url, target }) => job.addFileSet([{ remoteName: url, localName: target('b') }]),
    cells: '= = = = = S ✗ ✗',
  },
  {
    name: 'addFileWithRanges',
    call: ({ job, url, target }) =>
      job.addFileWithRanges('b', url, target('b'), [{ initialOffset: 0, length: 5 }]),
    cells: '= = = = = S ✗ ✗',
  },
  {
    name: 'addFileById',
    call: ({ job, url }) => job.addFileById('b', url),
    cells: '= = = = = S ✗ ✗',
  },

  // Properties.
  {
    name: 'getProperty',
    call: ({ job }) => job.getProperty(BITS_JOB_PROPERTY_ID.COST_FLAGS),
    cells: READS,
  },
  {
    name: 'setProperty',
    call: ({ job }) =>
      job.setProperty(BITS_JOB_PROPERTY_ID.COST_FLAGS, BITS_JOB_TRANSFER_POLICY.ALWAYS),
    cells: CHANGES,
  },
  {
    name: 'setProperty of an unknown id',
    call: ({ job }) => job.setProperty(77, 1),
    cells: 'unknown unknown unknown unknown unknown unknown ✗ ✗',
  },
  {
    name: 'getDOProperty',
    call: async ({ job }) => (await job.getDOProperty(0)) !== '',
    cells: READS,
    result: (state) => state === 'ERROR' || state === 'TRANSIENT_ERROR',
  },
  { name: 'setCustomHeaders', call: ({ job }) => job.setCustomHeaders('X-A: 1'), cells: CHANGES },
  {
    name: 'getCustomHeaders',
    call: ({ job }) => job.getCustomHeaders(),
    cells: READS,
    result: () => null,
  },
  {
    name: 'getLastFailure',
    call: async ({ job }) => (await job.getLastFailure()) !== null,
    cells: READS,
    result: (state) => state === 'ERROR' || state === 'TRANSIENT_ERROR',
  },

  // The file.
  { name: 'file.getRemoteName', call: ({ file }) => file.getRemoteName(), cells: READS },
  { name: 'file.getLocalName', call: ({ file }) => file.getLocalName(), cells: READS },
  {
    name: 'file.getProgress',
    call: async ({ file }) => (await file.getProgress()).completed,
    cells: READS,
    result: (state) => state === 'ACKNOWLEDGED',
  },
  {
    name: 'file.getFileRanges',
    call: ({ file }) => file.getFileRanges(),
    cells: READS,
    result: () => [],
  },
  { name: 'file.getStats', call: ({ file }) => file.getStats(), cells: READS },
  {
    name: 'file.setRemoteName',
    call: ({ file, url }) => file.setRemoteName(`${url}?x`),
    cells: CHANGES,
  },
  {
    name: 'file.setDOProperty',
    call: ({ file }) => file.setDOProperty(DOFilePropertyId.TotalSizeBytes, 1_000),
    cells: '= ✗ ✗ ✗ ✗ ✗ ✗ ✗',
  },

  // The manager.
  {
    name: 'manager.getJob',
    call: async ({ manager, id }) => (await manager.getJob(id)).getId(),
    cells: '= = = = = = lost lost',
  },
];

const CODES: Readonly<Record<string, string>> = {
  '✗': 'DO_E_INVALID_STATE',
  none: 'DO_E_ERROR_INFORMATION_UNAVAILABLE',
  bad: 'E_INVALIDARG',
  unknown: 'DO_E_UNKNOWN_PROPERTY_ID',
  lost: 'DO_E_JOB_NOT_FOUND',
};

/** Brings a job into the state by real transfers. */
async function subjectIn(
  state: StateName,
  world: Harness,
  origin: Origin,
  name: string,
): Promise<Subject> {
  const path = { TRANSFERRING: '/endless', TRANSIENT_ERROR: '/busy', ERROR: '/missing' }[
    state as string
  ];
  const url = origin.url(path ?? '/file');
  const { job, file } = await addJob(world, url, name);
  const id = await job.getId();
  const target = (other: string): string => world.target(`${name}-${other}`);
  if (state === 'CANCELLED') await job.cancel();
  else if (state !== 'SUSPENDED') {
    await job.resume();
    await waitForState(job, BG_JOB_STATE[state === 'ACKNOWLEDGED' ? 'TRANSFERRED' : state]);
    if (state === 'TRANSFERRING') await waitForBytes(job, 500);
    if (state === 'ACKNOWLEDGED') await job.complete();
  }
  return { manager: world.manager, job, file, id, url, target };
}

async function startMatrixOrigin(): Promise<Origin> {
  const origin = await startOrigin();
  origin.put('/file', { body: { size: 1_000, seed: 1 } });
  origin.put('/endless', { body: { size: 1_000, seed: 2 } });
  origin.always('/endless', { kind: 'stall', afterBytes: 500 });
  origin.always('/busy', { kind: 'status', status: 503 });
  return origin;
}

/** Every documented call on a job in every state it can be in: job-lifecycle.md table A. */
export const jobMatrix: Suite = async (t, { open, check }) => {
  for (const [column, state] of STATES.entries()) {
    await using origin = await startMatrixOrigin();
    await using world = await open({
      retry: NO_RETRIES,
      ...(state === 'QUEUED' ? { backgroundSlots: 1 } : {}),
    });
    if (state === 'QUEUED') {
      // One job holds the only slot, so all others wait.
      await subjectIn('TRANSFERRING', world, origin, 'first');
    }
    for (const [index, row] of ROWS.entries()) {
      await check(t, `${row.name} on ${state}`, async () => {
        const subject = await subjectIn(state, world, origin, `${index}`);
        await checkCell(subject, row, state, row.cells.split(' ')[column]!);
      });
    }
  }
};

async function checkCell(
  subject: Subject,
  row: Row,
  state: StateName,
  cell: string,
): Promise<void> {
  const { job } = subject;
  const before = await factsOf(job);
  const outcome = await row.call(subject).then(
    (value) => ({ value }),
    (error: unknown) => ({
      code: isDeliveryOptimizationError(error) ? error.code : String(error),
    }),
  );
  const after = nameOfState(await job.getState());
  const code = CODES[cell];
  if (code !== undefined) {
    assert.deepEqual(outcome, { code });
    assert.deepEqual(await factsOf(job), before, 'a refused call changes nothing');
  } else {
    assert.ok('value' in outcome, JSON.stringify(outcome));
    if (row.result !== undefined) assert.deepEqual(outcome.value, row.result(state));
    const allowed = cell === '=' ? [state] : LETTERS[cell]!;
    assert.ok((allowed as readonly string[]).includes(after), `${after} after ${cell}`);
    if (row.cells === READS && row.name.startsWith('get')) {
      assert.deepEqual(await factsOf(job), before, 'a getter changes nothing');
    }
  }
  if (state !== 'ACKNOWLEDGED' && state !== 'CANCELLED') {
    if (!['A', 'C'].includes(cell)) await job.cancel();
  }
}

/** What a call that changes nothing leaves as it is. */
async function factsOf(job: IBackgroundCopyJob): Promise<unknown> {
  return {
    state: nameOfState(await job.getState()),
    modified: (await job.getTimes()).modificationTime,
    progress: await job.getProgress(),
    flags: await job.getNotifyFlags(),
    priority: await job.getPriority(),
    timeout: await job.getNoProgressTimeout(),
  };
}

/** What the matrix has no column for: jobs without files, and files without a local path. */
export const resumeRefusals: Suite = async (t, { open, check }) => {
  await check(t, 'resume on a job without files is DO_E_JOB_EMPTY until it is final', async () => {
    await using world = await open();
    const job = await world.manager.createJob('empty', 0);
    await assert.rejects(job.resume(), { code: 'DO_E_JOB_EMPTY' });
    assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
    assert.equal((await job.getProgress()).bytesTotal, 0);
    assert.equal(await job.complete(), S_OK);
    await assert.rejects(job.resume(), { code: 'DO_E_INVALID_STATE' });
  });

  for (const state of ['SUSPENDED', 'TRANSFERRING', 'TRANSIENT_ERROR', 'ERROR'] as const) {
    await check(t, `resume is refused on ${state} while a file has no local path`, async () => {
      await using origin = await startMatrixOrigin();
      await using world = await open({ retry: NO_RETRIES });
      const { job, url } = await subjectIn(state, world, origin, state);
      await job.addFileById('later', url);
      await assert.rejects(job.resume(), { code: 'DO_E_LOCALPATH_NOT_SET' });
      assert.equal(nameOfState(await job.getState()), state);
      await job.cancel();
    });
  }
};
