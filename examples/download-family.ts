/**
 * The newer family of interfaces: `node examples/download-family.ts URL FILE`.
 *
 * Fetches the first 4,096 bytes to a stream in this process, then the whole file to FILE, and shows
 * how it goes. The second download outlives a kill: start the program again and it goes on.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import {
  DODownloadProperty,
  DODownloadState,
  type HaulyardManager,
  type IDODownload,
  isDeliveryOptimizationError,
  openManager,
} from 'haulyard';

const [url, path] = process.argv.slice(2);
if (url === undefined || path === undefined) {
  console.error('usage: node examples/download-family.ts URL FILE');
  process.exit(2);
}
const target = resolve(path);

/** A part of the file, piece by piece as it arrives; each write is waited for. */
async function readBeginning({ downloads }: HaulyardManager): Promise<void> {
  const download = await downloads.createDownload();
  const digest = createHash('sha256');
  await download.setProperty(DODownloadProperty.Uri, url!);
  await download.setProperty(DODownloadProperty.BlockingMode, true);
  await download.setProperty(DODownloadProperty.StreamInterface, {
    write: (chunk) => void digest.update(chunk),
  });
  await download.start({ ranges: [{ offset: 0, length: 4_096 }] });
  await download.finalize();
  console.log(`first 4096 bytes: sha-256 ${digest.digest('hex')}`);
}

/** The download of an earlier run to the same path, or a new one. */
async function findOrMake({ downloads }: HaulyardManager): Promise<IDODownload> {
  try {
    const found = await downloads.enumDownloads({
      property: DODownloadProperty.LocalPath,
      value: target,
    });
    return (await found.next())[0]!;
  } catch (error) {
    if (!isDeliveryOptimizationError(error) || error.code !== 'DO_E_NO_DOWNLOADS') throw error;
  }
  const download = await downloads.createDownload();
  await download.setProperty(DODownloadProperty.Uri, url!);
  await download.setProperty(DODownloadProperty.LocalPath, target);
  await download.setProperty(DODownloadProperty.NonVolatile, true);
  return download;
}

async function fetchWhole(manager: HaulyardManager): Promise<void> {
  const download = await findOrMake(manager);
  const outcome = Promise.withResolvers<void>();
  await download.setProperty(DODownloadProperty.CallbackInterface, {
    onStatusChange: (_download, { state, error, bytesTransferred, bytesTotal }) => {
      if (state === DODownloadState.Transferring)
        console.log(`${bytesTransferred} of ${bytesTotal}`);
      if (state === DODownloadState.Transferred) outcome.resolve();
      // Paused without an error goes on by itself.
      if (state === DODownloadState.Paused && error !== 0)
        outcome.reject(new Error(`stopped with 0x${error.toString(16)}`));
    },
  });
  if ((await download.getStatus()).state === DODownloadState.Transferred) outcome.resolve();
  else await download.start();
  await outcome.promise;
  await download.finalize();
  console.log(`saved ${target}`);
}

await using manager = await openManager();
await readBeginning(manager);
await fetchWhole(manager);
