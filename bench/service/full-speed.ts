import { Client } from 'undici';

import { fillFile } from '../../test/support/origin.ts';
import { temporaryDirectory } from '../../test/support/temporary.ts';
import { startNginx } from '../../test/support/web-servers.ts';
import { call } from './load.ts';

const SIZE_BYTES = 1_073_741_824;

/** Time between two looks at a download that is to be replaced once it is done. */
const LOOK_EVERY_MS = 100;

/** A service that downloads at full speed. */
export interface FullSpeed {
  /** Ends the downloads, and tells how fast they were, in MB/s. */
  stop(): Promise<number>;
}

/** Has the service download a file from nginx on loopback, onto disk, again and again. */
export async function downloadAtFullSpeed(socket: string): Promise<FullSpeed> {
  await using opened = new AsyncDisposableStack();
  const www = opened.use(await temporaryDirectory());
  await fillFile(www.join('large.bin'), SIZE_BYTES, 7);
  const nginx = opened.use(await startNginx({ root: www.path }));
  const target = opened.use(await temporaryDirectory());
  const client = opened.adopt(new Client('http://localhost', { socketPath: socket }), (it) =>
    it.close(),
  );
  const resources = opened.move();
  const ending = new AbortController();
  const begun = Promise.withResolvers<void>();
  let bytes = 0;

  const downloading = (async () => {
    for (let round = 0; !ending.signal.aborted; round += 1) {
      const { id } = (await call(client, {
        method: 'POST',
        path: '/v1/jobs',
        status: 201,
        body: {
          displayName: 'Full speed',
          priority: 'foreground',
          resume: true,
          files: [{ remoteName: nginx.url('/large.bin'), localName: target.join(`${round}.bin`) }],
        },
      })) as { id: string };
      const path = `/v1/jobs/${id}`;
      for (;;) {
        const job = (await call(client, { method: 'GET', path, status: 200 })) as Job;
        if (job.progress.bytesTransferred > 0) begun.resolve();
        if (job.lastFailure !== null) throw new Error(job.lastFailure.message);
        if (job.state !== 'transferred' && !ending.signal.aborted) {
          await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
          continue;
        }
        bytes += job.progress.bytesTransferred;
        break;
      }
      await call(client, { method: 'POST', path: `${path}/cancel`, status: 200 });
    }
  })();
  // The first bytes, or why there are none; a later failure shows when the downloads are stopped.
  await Promise.race([begun.promise, downloading]);
  const startMs = performance.now();

  return {
    async stop() {
      ending.abort();
      const seconds = (performance.now() - startMs) / 1_000;
      try {
        await downloading;
        return bytes / 1e6 / seconds;
      } finally {
        await resources.disposeAsync();
      }
    },
  };
}

interface Job {
  readonly state: string;
  readonly progress: { readonly bytesTransferred: number };
  readonly lastFailure: { readonly message: string } | null;
}
