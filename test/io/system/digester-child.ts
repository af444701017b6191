/** Follows a file of zeros, prints its digest, and leaves the digester as it is. */

import { open } from 'node:fs/promises';

import { openSystemDigester } from '../../../src/io/system/system-digester.ts';

const [path = '', size = ''] = process.argv.slice(2);
const sizeBytes = Number(size);
const handle = await open(path, 'w+');
await handle.truncate(sizeBytes);
const following = openSystemDigester().follow('sha-256', {
  descriptor: handle.fd,
  read: async (buffer, position) =>
    (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
});
following?.reach(sizeBytes);
console.log(await following?.finish(sizeBytes, new AbortController().signal));
await following?.[Symbol.asyncDispose]();
await handle.close();
