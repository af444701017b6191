import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';

import type { JobResource } from '../../src/rest/contract.ts';
import type { DaemonProcess } from './daemon-process.ts';
import { compareFile, type SeededBody } from './origin.ts';
import { until } from './temporary.ts';

/** Jobs of a loaded machine take their time; a test that waits this long has failed. */
export const PATIENCE_MS = 30_000;

/** Makes a job of one file over the interface, started unless told. */
export async function makeJob(
  daemon: DaemonProcess,
  remoteName: string,
  localName: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<JobResource> {
  return (await daemon.ask('POST', '/v1/jobs', {
    displayName: localName,
    files: [{ remoteName, localName }],
    resume: true,
    ...more,
  })) as JobResource;
}

export async function getJob(daemon: DaemonProcess, id: string): Promise<JobResource> {
  return (await daemon.ask('GET', `/v1/jobs/${id}`)) as JobResource;
}

/** Waits until a job is as wanted. */
export async function jobWhen(
  daemon: DaemonProcess,
  id: string,
  what: string,
  isSo: (job: JobResource) => boolean,
): Promise<JobResource> {
  let last: JobResource | undefined;
  try {
    return await until(
      async () => {
        last = await getJob(daemon, id);
        return isSo(last) ? last : undefined;
      },
      { what, timeoutMs: PATIENCE_MS, everyMs: 25 },
    ).then((job) => job!);
  } catch (error) {
    const { state, progress, lastFailure } = last ?? {};
    throw new Error(`Job ${id}: ${JSON.stringify({ state, progress, lastFailure })}.`, {
      cause: error,
    });
  }
}

export function jobInState(
  daemon: DaemonProcess,
  id: string,
  state: JobResource['state'],
): Promise<JobResource> {
  return jobWhen(daemon, id, `job ${id} to be ${state}`, (job) => job.state === state);
}

export function jobWithBytes(
  daemon: DaemonProcess,
  id: string,
  bytes: number,
): Promise<JobResource> {
  return jobWhen(
    daemon,
    id,
    `job ${id} to have ${bytes} bytes`,
    ({ progress }) => progress.bytesTransferred >= bytes,
  );
}

/** Waits for the last byte of a job, completes it and compares its file. */
export async function completeJob(
  daemon: DaemonProcess,
  id: string,
  localName: string,
  { size, seed }: SeededBody,
): Promise<void> {
  await jobInState(daemon, id, 'transferred');
  const { hresult } = (await daemon.ask('POST', `/v1/jobs/${id}/complete`)) as { hresult: number };
  assert.equal(hresult, 0);
  assert.equal(await compareFile(localName, size, seed), undefined);
}

/** The partial files in a directory. */
export async function partialFiles(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.haulyard-part'));
}
