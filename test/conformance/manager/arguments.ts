import assert from 'node:assert/strict';

import {
  DODownloadProperty,
  type IBackgroundCopyFile,
  type IBackgroundCopyJob,
  type IBackgroundCopyManager,
} from '../../../src/index.ts';
import type { IDODownload, IDOManager } from '../../../src/core/interfaces/download.ts';
import { outcomeOf, VALUES, type Suite } from './harness.ts';

interface Subject {
  readonly manager: IBackgroundCopyManager;
  readonly job: IBackgroundCopyJob;
  readonly file: IBackgroundCopyFile;
  readonly target: string;
}

/** A call with one argument left open; what it takes is for the library to say. */
type OpenCall<On> = readonly [name: string, call: (on: On, value: never) => Promise<unknown>];

const URL = 'http://127.0.0.1:9/file';
const OK = 'ok';

/** What resolves to an object of the library: which one does not matter here. */
async function ok(call: Promise<unknown>): Promise<string> {
  await call;
  return OK;
}

const JOB_CALLS: readonly OpenCall<Subject>[] = [
  ['createJob(value, 0)', ({ manager }, v) => ok(manager.createJob(v, 0))],
  ['createJob("x", value)', ({ manager }, v) => ok(manager.createJob('x', v))],
  ['createJob(value, value)', ({ manager }, v) => ok(manager.createJob(v, v))],
  ['getJob', ({ manager }, v) => ok(manager.getJob(v))],
  ['getErrorDescription', ({ manager }, v) => ok(manager.getErrorDescription(v))],
  ['enumJobs, next', async ({ manager }, v) => ok((await manager.enumJobs()).next(v))],
  ['enumJobs, skip', async ({ manager }, v) => ok((await manager.enumJobs()).skip(v))],
  ['addFile url', ({ job, target }, v) => ok(job.addFile(v, target))],
  ['addFile localName', ({ job }, v) => ok(job.addFile(URL, v))],
  ['addFile digest', ({ job, target }, v) => ok(job.addFile(URL, target, { digest: v }))],
  [
    'addFile digest algorithm',
    ({ job, target }, v) => ok(job.addFile(URL, target, { digest: { algorithm: v, hex: '00' } })),
  ],
  [
    'addFile digest hex',
    ({ job, target }, v) =>
      ok(job.addFile(URL, target, { digest: { algorithm: 'sha-256', hex: v } })),
  ],
  ['addFileSet', ({ job }, v) => ok(job.addFileSet(v))],
  ['addFileSet of one', ({ job }, v) => ok(job.addFileSet([v]))],
  [
    'addFileSet url',
    ({ job, target }, v) => ok(job.addFileSet([{ remoteName: v, localName: target }])),
  ],
  ['addFileWithRanges fileId', ({ job, target }, v) => ok(job.addFileWithRanges(v, URL, target))],
  ['addFileWithRanges url', ({ job, target }, v) => ok(job.addFileWithRanges('u', v, target))],
  ['addFileWithRanges localName', ({ job }, v) => ok(job.addFileWithRanges('l', URL, v))],
  [
    'addFileWithRanges ranges',
    ({ job, target }, v) => ok(job.addFileWithRanges(`r${typeof v}${v === null}`, URL, target, v)),
  ],
  [
    'addFileWithRanges one range',
    ({ job, target }, v) => ok(job.addFileWithRanges('r', URL, target, [v])),
  ],
  [
    'addFileWithRanges offset',
    ({ job, target }, v) =>
      ok(
        job.addFileWithRanges(`o${String(v)}`.slice(0, 9), URL, target, [
          { initialOffset: v, length: 1 },
        ]),
      ),
  ],
  [
    'addFileWithRanges length',
    ({ job, target }, v) =>
      ok(
        job.addFileWithRanges(`n${String(v)}`.slice(0, 9), URL, target, [
          { initialOffset: 0, length: v },
        ]),
      ),
  ],
  [
    'addFileWithRanges fileSize',
    ({ job, target }, v) =>
      ok(job.addFileWithRanges(`s${String(v)}`.slice(0, 9), URL, target, null, v)),
  ],
  ['addFileById fileId', ({ job }, v) => ok(job.addFileById(v, URL))],
  ['addFileById url', ({ job }, v) => ok(job.addFileById(`u${String(v)}`.slice(0, 9), v))],
  ['setNoProgressTimeout', ({ job }, v) => job.setNoProgressTimeout(v)],
  ['setNotifyFlags', ({ job }, v) => job.setNotifyFlags(v)],
  ['setNotifyInterface', ({ job }, v) => job.setNotifyInterface(v)],
  ['setPriority', ({ job }, v) => job.setPriority(v)],
  ['getProperty', ({ job }, v) => job.getProperty(v)],
  ['setProperty id', ({ job }, v) => job.setProperty(v, 1)],
  ['setProperty COST_FLAGS', ({ job }, v) => job.setProperty(1, v)],
  ['setProperty NOTIFICATION_CLSID', ({ job }, v) => job.setProperty(2, v)],
  ['setProperty an unsupported id', ({ job }, v) => job.setProperty(3, v)],
  ['getDOProperty', ({ job }, v) => job.getDOProperty(v)],
  ['setDOProperty', ({ job }, v) => job.setDOProperty(v, v)],
  ['setCustomHeaders', ({ job }, v) => job.setCustomHeaders(v)],
  ['getCustomHeaders', ({ job }) => job.getCustomHeaders()],
  ['getPriority', ({ job }) => job.getPriority()],
  ['getNotifyFlags', ({ job }) => job.getNotifyFlags()],
  ['getNoProgressTimeout', ({ job }) => job.getNoProgressTimeout()],
  ['file.getProperty', ({ file }, v) => file.getProperty(v)],
  ['file.setProperty', ({ file }, v) => file.setProperty(v, v)],
  ['file.getDOProperty', ({ file }, v) => ok(file.getDOProperty(v))],
  ['file.setDOProperty id', ({ file }, v) => file.setDOProperty(v, 'x')],
  ['file.setDOProperty IntegrityCheckInfo', ({ file }, v) => file.setDOProperty(1, v)],
  ['file.setDOProperty IntegrityCheckMandatory', ({ file }, v) => file.setDOProperty(2, v)],
  ['file.setDOProperty DownloadSinkInterface', ({ file }, v) => file.setDOProperty(3, v)],
  ['file.setDOProperty DownloadSinkFilePath', ({ file }, v) => file.setDOProperty(4, v)],
  ['file.setDOProperty MemoryStream', ({ file }, v) => file.setDOProperty(5, v)],
  ['file.setDOProperty TotalSizeBytes', ({ file }, v) => file.setDOProperty(6, v)],
  ['file.setRemoteName', ({ file }, v) => file.setRemoteName(v)],
];

/** Every argument of every method with values of every type, on a new job and on a final one. */
export const jobArguments: Suite = async (t, { open, check, note }) => {
  await using world = await open();
  const subjectOf = async (name: string): Promise<Subject> => {
    const { manager } = world;
    const job = await manager.createJob(name, 0);
    const file = await job.addFile(URL, world.target(name));
    return { manager, job, file, target: world.target(`${name}-other`) };
  };
  for (const state of ['SUSPENDED', 'CANCELLED'] as const) {
    for (const [name, call] of JOB_CALLS) {
      await check(t, `${name} on ${state} takes or refuses values of every type`, async () => {
        const subject = await subjectOf(`${state}-${JOB_CALLS.findIndex(([n]) => n === name)}`);
        if (state === 'CANCELLED') await subject.job.cancel();
        for (const [what, value] of VALUES) {
          const outcome = await outcomeOf(() => call(subject, value as never));
          assert.doesNotMatch(outcome, /^threw /, `${name} with ${what}`);
          note(`${name} with ${what} on ${state}`, outcome);
        }
        if (state === 'SUSPENDED') await subject.job.cancel();
      });
    }
  }
};

interface DownloadSubject {
  readonly downloads: IDOManager;
  readonly download: IDODownload;
}

const DOWNLOAD_CALLS: readonly OpenCall<DownloadSubject>[] = [
  ['getProperty id', ({ download }, v) => ok(download.getProperty(v))],
  ['setProperty id', ({ download }, v) => download.setProperty(v, 'x')],
  ['start', ({ download }, v) => download.start(v)],
  ['start ranges', ({ download }, v) => download.start({ ranges: v })],
  ['start one range', ({ download }, v) => download.start({ ranges: [v] })],
  ['start offset', ({ download }, v) => download.start({ ranges: [{ offset: v, length: 1 }] })],
  ['start length', ({ download }, v) => download.start({ ranges: [{ offset: 0, length: v }] })],
  [
    'enumDownloads property',
    ({ downloads }, v) => ok(downloads.enumDownloads({ property: v, value: 'no such value' })),
  ],
  [
    'enumDownloads value',
    ({ downloads }, v) =>
      ok(downloads.enumDownloads({ property: DODownloadProperty.DisplayName, value: v })),
  ],
  ...Object.entries(DODownloadProperty).map(([name, id]): OpenCall<DownloadSubject> => [
    `setProperty ${name}`,
    ({ download }, v) => download.setProperty(id, v),
  ]),
  ...Object.entries(DODownloadProperty)
    .filter(([name]) => name !== 'Id')
    .map(([name, id]): OpenCall<DownloadSubject> => [
      `getProperty ${name}`,
      ({ download }) => download.getProperty(id),
    ]),
];

/** The same for downloads: each property by itself on a new download, and on an aborted one. */
export const downloadArguments: Suite = async (t, { open, check, note }) => {
  await using world = await open();
  const { downloads } = world.manager;
  for (const state of ['Created', 'Aborted'] as const) {
    for (const [name, call] of DOWNLOAD_CALLS) {
      await check(t, `${name} on ${state} takes or refuses values of every type`, async () => {
        const download = await downloads.createDownload();
        if (state === 'Aborted') await download.abort();
        for (const [what, value] of VALUES) {
          const outcome = await outcomeOf(() => call({ downloads, download }, value as never));
          assert.doesNotMatch(outcome, /^threw /, `${name} with ${what}`);
          note(`download ${name} with ${what} on ${state}`, outcome);
        }
        await download.abort();
      });
    }
  }
};
