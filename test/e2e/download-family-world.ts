import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import {
  DODownloadProperty,
  DODownloadState,
  type DO_DOWNLOAD_STATUS,
  type DownloadPropertyValue,
  type IDODownload,
} from '../../src/index.ts';
import type { EngineWorld } from '../support/engine-world.ts';
import { until } from '../support/temporary.ts';

/** Properties by their names. */
export type PropertyValues = Partial<
  Record<keyof typeof DODownloadProperty, DownloadPropertyValue>
>;

/** A new download with these properties; its file is `out.bin` unless told, or a stream. */
export async function makeDownload(
  world: Pick<EngineWorld, 'manager' | 'target'>,
  properties: PropertyValues,
): Promise<IDODownload> {
  const download = await world.manager.downloads.createDownload();
  const sink =
    properties.StreamInterface === undefined ? { LocalPath: world.target('out.bin') } : {};
  await setAll(download, { ...sink, ...properties });
  return download;
}

export async function setAll(download: IDODownload, properties: PropertyValues): Promise<void> {
  for (const [name, value] of Object.entries(properties)) {
    await download.setProperty(DODownloadProperty[name as keyof typeof DODownloadProperty], value);
  }
}

/** Waits until the download is in the state; one that failed gets no further by itself. */
export async function waitForDownload(
  download: IDODownload,
  wanted: DODownloadState,
): Promise<DO_DOWNLOAD_STATUS> {
  let status = await download.getStatus();
  await until(
    async () => {
      status = await download.getStatus();
      if (status.state === wanted) return true;
      const failed = status.state === DODownloadState.Paused && status.error !== 0;
      assert.ok(!failed, `the download failed with 0x${status.error.toString(16)}`);
      return false;
    },
    { what: `state ${wanted}`, timeoutMs: 20_000, everyMs: 2 },
  );
  return status;
}

/** Waits until the download has stopped with a code, and returns it. */
export async function waitForFailure(download: IDODownload): Promise<DO_DOWNLOAD_STATUS> {
  let status = await download.getStatus();
  await until(
    async () => {
      status = await download.getStatus();
      return status.state === DODownloadState.Paused && status.error !== 0;
    },
    { what: 'a failure', timeoutMs: 20_000, everyMs: 2 },
  );
  return status;
}

/** Waits until so many bytes are written. */
export async function waitForDownloadBytes(download: IDODownload, bytes: number): Promise<void> {
  await until(async () => (await download.getStatus()).bytesTransferred >= bytes, {
    what: `${bytes} bytes`,
    timeoutMs: 20_000,
    everyMs: 2,
  });
}

/** The one partial file beside a target. */
export async function partOf(target: string): Promise<string> {
  const names = await readdir(dirname(target));
  const parts = names.filter((name) => name.endsWith('.haulyard-part'));
  assert.equal(parts.length, 1, names.join(', '));
  return join(dirname(target), parts[0]!);
}
