/**
 * One file in one call: `node examples/download.ts URL FILE [SHA256]`.
 *
 * Ctrl-C stops it and keeps what is here; the same command goes on from there, as it does after a
 * crash or a power cut.
 */
import { download, isDeliveryOptimizationError } from 'haulyard';

const [url, path, sha256] = process.argv.slice(2);
if (url === undefined || path === undefined) {
  console.error('usage: node examples/download.ts URL FILE [SHA256]');
  process.exit(2);
}

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

try {
  const file = await download(url, path, {
    signal: interrupted.signal,
    onProgress: ({ bytesTransferred, bytesTotal }) =>
      console.log(`${bytesTransferred} of ${bytesTotal ?? 'an unknown number of'} bytes`),
    ...(sha256 === undefined ? {} : { sha256 }),
  });
  console.log(`saved ${file}`);
} catch (error) {
  process.exitCode = 1;
  if (interrupted.signal.aborted) console.error('interrupted; the same command goes on from here');
  else if (isDeliveryOptimizationError(error)) console.error(`${error.code}: ${error.message}`);
  else throw error;
}
