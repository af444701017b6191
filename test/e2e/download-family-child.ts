/** Starts a lasting and a volatile download of URL in DIRECTORY, and says when both are halfway. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DODownloadProperty, openManager } from '../../src/index.ts';

const [directory = '', url = ''] = process.argv.slice(2);
const manager = await openManager({ dataDir: join(directory, 'data') });
for (const name of ['lasting', 'volatile']) {
  const download = await manager.downloads.createDownload();
  await download.setProperty(DODownloadProperty.Uri, url);
  await download.setProperty(DODownloadProperty.LocalPath, join(directory, name));
  await download.setProperty(DODownloadProperty.NonVolatile, name === 'lasting');
  await download.start();
  while ((await download.getStatus()).bytesTransferred < 2_000_000) await sleep(5);
}
process.stdout.write('halfway\n');
await sleep(60_000);
