import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { BG_ERROR_CONTEXT, BG_JOB_STATE, BITS_FILE_PROPERTY_ID, HRESULT } from '../../src/index.ts';
import {
  NO_RETRIES,
  addJob,
  assertContent,
  attemptsOf,
  codeOf,
  openWorld,
  reportedFailure,
  runAndComplete,
  runToEnd,
  waitForBytes,
  waitForState,
} from '../support/engine-world.ts';
import { bytesAt, startOrigin, type Content, type Origin } from '../support/origin.ts';

const { TRANSIENT_ERROR, ERROR, TRANSFERRED } = BG_JOB_STATE;
const SIZE = 1_000_000;
const body = { size: SIZE, seed: 3 };

const rangesOf = (origin: Origin): (string | undefined)[] =>
  origin.requests.map(({ headers }) => headers['range']);

test('a server that resets every connection after 300 KB is read to the end', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const big = { size: 3_000_000, seed: 5 };
  const url = origin.put('/big.bin', { body: big });
  origin.always('/big.bin', { kind: 'reset-mid-body', afterBytes: 300_000 });
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, big);
  const starts = rangesOf(origin).map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
  assert.deepEqual(
    starts,
    [...starts].sort((a, b) => a - b),
    'each attempt begins further on',
  );
  // A reset may take with it what the socket still held, and nothing else is fetched twice.
  assert.ok(origin.bytesSent() <= big.size * 2, `${origin.bytesSent()} bytes`);
});

test('a server that closes every connection after 300 KB sends each byte once', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const big = { size: 3_000_000, seed: 5 };
  const url = origin.put('/big.bin', { body: big });
  origin.always('/big.bin', { kind: 'close-mid-body', afterBytes: 300_000 });
  const { job, file, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, big);
  assert.equal(origin.bytesSent(), big.size);
  assert.equal(origin.requests.length, 10);
  const stats = await file.getStats();
  assert.equal(stats.bytesFromHttp, big.size);
});

test('a failed attempt is TRANSIENT_ERROR with an error object, and is retried by itself', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: { delaysMs: [400], jitter: 0 } });
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'status', status: 503 }]);
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForState(job, TRANSIENT_ERROR);
  const failure = await reportedFailure(job);
  assert.equal(failure.code, 'HTTP 503');
  assert.equal(failure.context, BG_ERROR_CONTEXT.NONE);
  assert.equal(failure.file, target);
  assert.equal(failure.info['HttpStatus'], 503);
  assert.equal(failure.info['Url'], url);
  await waitForState(job, TRANSFERRED);
  await assert.rejects(job.getError(), { code: 'DO_E_ERROR_INFORMATION_UNAVAILABLE' });
  assert.equal(await job.getDOProperty(0), '');
});

test('a no-progress timeout of 0 makes a transient failure final', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'status', status: 503 });
  const { job } = await addJob(world, url);
  await job.setNoProgressTimeout(0);
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).code, 'HTTP 503');
});

test('a server that brings nothing for the no-progress timeout ends the job in ERROR', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 100_000 }]);
  origin.always('/file.bin', { kind: 'status', status: 503 });
  const { job, target } = await addJob(world, url);
  await job.setNoProgressTimeout(1);
  assert.equal(await runToEnd(job), 'ERROR');
  const failure = await reportedFailure(job);
  assert.equal(failure.hresult, HRESULT.DO_E_DOWNLOAD_NO_PROGRESS);
  assert.equal(failure.info['ExtendedHResult'], 0x8019_0000 + 503);
  assert.equal((await job.getProgress()).bytesTransferred, 100_000);
  origin.clear();
  await runAndComplete(job);
  await assertContent(target, body);
});

for (const lie of [
  { name: 'start', fault: { kind: 'content-range', addToStart: 4 } },
  { name: 'total', fault: { kind: 'content-range', total: 5_000_000 } },
  { name: 'length', fault: { kind: 'short-body', missingBytes: 10 } },
] as const) {
  test(`a Content-Range with a wrong ${lie.name} is tried three times, past caches, then fatal`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 250_000 }]);
    origin.always('/file.bin', lie.fault);
    const { job, target } = await addJob(world, url);
    assert.equal(await runToEnd(job), 'ERROR');
    const failure = await reportedFailure(job);
    assert.equal(failure.hresult, 0x80d0_5001);
    assert.equal(failure.file, target);
    const asked = origin.requests.map(({ headers }) => [
      headers['range'],
      headers['cache-control'],
    ]);
    assert.deepEqual(asked, [
      [undefined, undefined],
      ['bytes=250000-', undefined],
      ['bytes=250000-', 'no-cache'],
      ['bytes=250000-', 'no-cache'],
    ]);
    assert.equal((await job.getProgress()).bytesTransferred, 250_000);
    origin.clear();
    await runAndComplete(job);
    await assertContent(target, body);
  });
}

test('a size that was believed wrongly is doubted at the second Resume, and the file arrives', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [
    [
      { kind: 'short-body', missingBytes: -1_000 },
      { kind: 'close-mid-body', afterBytes: 250_000 },
    ],
  ]);
  const { job, target } = await addJob(world, url);
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).hresult, 0x80d0_5001);
  assert.equal(await runToEnd(job), 'ERROR');
  await runAndComplete(job);
  await assertContent(target, body);
});

test('two contradictions and then a right answer are no failure', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [
    { kind: 'close-mid-body', afterBytes: 250_000 },
    { kind: 'content-range', addToStart: 1 },
    { kind: 'multipart' },
  ]);
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.equal(origin.requests.at(-1)?.headers['cache-control'], 'no-cache');
});

test('a 416 to the file that starts over is fatal', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 250_000 }]);
  origin.always('/file.bin', { kind: 'unsatisfiable', contentRange: null });
  const { job, target } = await addJob(world, url);
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).code, 'HTTP 416');
  assert.deepEqual(rangesOf(origin), [undefined, 'bytes=250000-', undefined]);
  origin.clear();
  await runAndComplete(job);
  await assertContent(target, body);
});

test('a second 421 in a row is fatal', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'status', status: 421 });
  const { job } = await addJob(world, url);
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).code, 'HTTP 421');
  assert.equal(origin.requests.length, 2);
});

test('a 403 blames the remote file', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'status', status: 403 });
  const { job, target } = await addJob(world, url);
  assert.equal(await runToEnd(job), 'ERROR');
  const failure = await reportedFailure(job);
  assert.equal(failure.context, BG_ERROR_CONTEXT.REMOTE_FILE);
  assert.equal(failure.file, target);
  assert.equal(failure.hresult, 0x8019_0193);
});

// Validators (http.md 3).

for (const [change, next] of [
  ['smaller', { size: 600_000, seed: 11 }],
  ['larger', { size: 1_500_000, seed: 12 }],
  ['as large', { size: SIZE, seed: 13 }],
  ['smaller than what is here', { size: 100_000, seed: 14 }],
  ['empty', { size: 0, seed: 15 }],
] as const) {
  for (const validator of ['a strong ETag', 'a date', 'a weak ETag'] as const) {
    test(`a file that is ${change} after an interruption starts over, told by ${validator}`, async () => {
      const served = (content: typeof body | typeof next, version: number): Content => ({
        body: content,
        ...(validator === 'a date' ? { etag: null } : {}),
        ...(validator === 'a weak ETag' ? { etag: `W/"v${version}"`, lastModified: null } : {}),
        ...(validator === 'a date' ? { lastModified: new Date(Date.UTC(2024, 0, version)) } : {}),
      });
      // It changes before the second request is answered, however soon that comes.
      await using origin = await startOrigin({
        onRequest: (_request, server) => {
          if (server.requests.length === 2) server.put('/file.bin', served(next, 2));
        },
      });
      await using world = await openWorld();
      const url = origin.put('/file.bin', served(body, 1));
      origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
      const { job, target } = await addJob(world, url);
      await job.resume();
      const end = await waitForState(job, [TRANSFERRED, ERROR]);
      assert.equal(end, TRANSFERRED, codeOf(await job.getLastFailure()));
      assert.equal(rangesOf(origin)[1], 'bytes=400000-', 'the interruption left 400,000 bytes');
      const progress = await job.getProgress();
      assert.equal(progress.bytesTotal, next.size);
      assert.equal(progress.bytesTransferred, next.size);
      await job.complete();
      await assertContent(target, next);
    });
  }
}

test('a weak ETag resumes by a plain range and the same tag', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body, etag: 'W/"same"', lastModified: null });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, 'bytes=400000-']);
  assert.equal(origin.requests[1]?.headers['if-range'], undefined);
  assert.equal(origin.bytesSent(), SIZE);
});

test('a date that is old enough resumes by If-Range exactly as received', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body, etag: null });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.equal(origin.requests[1]?.headers['if-range'], 'Mon, 01 Jan 2024 00:00:00 GMT');
  assert.equal(origin.bytesSent(), SIZE);
});

test('a date of this very second resumes without If-Range, and is compared here', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const now = new Date();
  const url = origin.put('/file.bin', { body, etag: null, lastModified: now, date: now });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, 'bytes=400000-']);
  assert.equal(origin.requests[1]?.headers['if-range'], undefined);
});

test('a file without validators restarts from 0 after each interruption', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body, etag: null, lastModified: null });
  origin.script('/file.bin', [
    { kind: 'close-mid-body', afterBytes: 400_000 },
    { kind: 'close-mid-body', afterBytes: 200_000 },
  ]);
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, undefined, undefined]);
});

test('a server that says it has no ranges is asked for none', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [
    [
      { kind: 'header', name: 'Accept-Ranges', value: 'none' },
      { kind: 'close-mid-body', afterBytes: 400_000 },
    ],
  ]);
  origin.always('/file.bin', { kind: 'header', name: 'Accept-Ranges', value: 'none' });
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, undefined]);
});

test('mirrors with unlike tags for equal bytes end by comparing size and date', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  let answer = 0;
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'close-mid-body', afterBytes: 200_000 });
  // Every answer comes from another mirror, none of which knows the tag of another.
  const { job, target } = await addJob(world, url);
  const served = (): void => void origin.put('/file.bin', { body, etag: `"mirror-${answer++}"` });
  served();
  await job.resume();
  const timer = setInterval(served, 1);
  try {
    const end = await waitForState(job, [TRANSFERRED, ERROR]);
    assert.equal(end, TRANSFERRED, (await job.getLastFailure())?.message);
  } finally {
    clearInterval(timer);
  }
  await job.complete();
  await assertContent(target, body);
});

// Retry-After (http.md 6).

for (const status of [429, 503]) {
  test(`status ${status} with Retry-After in seconds waits that long unless resumed`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    origin.script('/file.bin', [{ kind: 'retry-after', status, value: 86_000 }]);
    const { job, target } = await addJob(world, url);
    await job.resume();
    await waitForState(job, TRANSIENT_ERROR);
    assert.equal((await job.getLastFailure())?.retryAfterMs, 86_000_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(origin.requests.length, 1, 'the own delays of 20 ms do not count');
    await runAndComplete(job);
    await assertContent(target, body);
  });

  test(`status ${status} with Retry-After as a date counts from the answer's own Date`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    const date = new Date(Math.floor(Date.now() / 1000) * 1000);
    origin.script('/file.bin', [
      [
        { kind: 'retry-after', status, value: new Date(date.getTime() + 3_600_000) },
        { kind: 'header', name: 'Date', value: date.toUTCString() },
      ],
    ]);
    const { job, target } = await addJob(world, url);
    await job.resume();
    await waitForState(job, TRANSIENT_ERROR);
    assert.equal((await job.getLastFailure())?.retryAfterMs, 3_600_000);
    await runAndComplete(job);
    await assertContent(target, body);
  });

  for (const value of ['soon', '-1', '1e3', '', new Date(0), 0] as const) {
    const shown = value instanceof Date ? 'a date in the past' : `"${value}"`;
    test(`status ${status} with Retry-After ${shown} is retried after the own delay`, async () => {
      await using origin = await startOrigin();
      await using world = await openWorld();
      const url = origin.put('/file.bin', { body });
      origin.script('/file.bin', [{ kind: 'retry-after', status, value }]);
      const { job, target } = await addJob(world, url);
      await runAndComplete(job);
      await assertContent(target, body);
      assert.equal(origin.requests.length, 2);
    });
  }
}

// Redirects (http.md 5).

test('a chain of ten redirects is followed, and range and condition go along', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  origin.put('/hop10', { body });
  const first = origin.url('/hop0');
  for (let hop = 0; hop < 10; hop += 1) {
    const status = [301, 302, 303, 307, 308][hop % 5]!;
    const location = hop % 2 === 0 ? `/hop${hop + 1}` : origin.url(`/hop${hop + 1}#part`);
    origin.always(`/hop${hop}`, { kind: 'redirect', status, location });
  }
  origin.script('/hop10', [{ kind: 'close-mid-body', afterBytes: 300_000 }]);
  const { job, file, target } = await addJob(world, first);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.equal(await file.getRemoteName(), first, 'the remote name stays');
  assert.equal(origin.requests.length, 22, 'the second attempt begins at the original URL');
  for (const { headers } of origin.requests.slice(11)) {
    assert.equal(headers['range'], 'bytes=300000-');
    assert.equal(headers['if-range'], '"seed-3-1000000"');
    assert.equal(headers['accept-encoding'], 'identity');
  }
});

test('an eleventh redirect is one too many', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  for (let hop = 0; hop < 11; hop += 1) {
    origin.always(`/hop${hop}`, { kind: 'redirect', status: 302, location: `/hop${hop + 1}` });
  }
  const { job } = await addJob(world, origin.url('/hop0'));
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).hresult, 0x8007_2f7c);
  assert.equal(origin.requests.length, 11);
});

test('a loop of redirects is noticed at once', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  origin.always('/a', { kind: 'redirect', status: 302, location: '/b' });
  origin.always('/b', { kind: 'redirect', status: 302, location: '/a' });
  const { job } = await addJob(world, origin.url('/a'));
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).hresult, 0x8007_2f7c);
  assert.equal(origin.requests.length, 2);
});

test('custom headers stay with the origin they were given for', async () => {
  await using origin = await startOrigin();
  await using other = await startOrigin();
  await using world = await openWorld();
  const there = other.put('/file.bin', { body });
  origin.always('/a', { kind: 'redirect', status: 302, location: '/b' });
  origin.always('/b', { kind: 'redirect', status: 302, location: there });
  const { job, target } = await addJob(world, origin.url('/a'));
  await job.setCustomHeaders('Authorization: Bearer secret\r\nCookie: a=b\nX-Own: 1\r\n');
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(
    origin.requests.map(({ headers }) => [
      headers['authorization'],
      headers['cookie'],
      headers['x-own'],
    ]),
    [
      ['Bearer secret', 'a=b', '1'],
      ['Bearer secret', 'a=b', '1'],
    ],
  );
  const { headers } = other.requests[0]!;
  assert.deepEqual(
    [headers['authorization'], headers['cookie'], headers['x-own']],
    [undefined, undefined, undefined],
  );
});

// Kept connections and silence.

for (const how of ['close', 'reset'] as const) {
  test(`a kept connection that the server ${how}s under the request costs no attempt`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld({ retry: NO_RETRIES });
    origin.always('*', { kind: 'end-on-next-request', how });
    const job = await world.manager.createJob('several', 0);
    for (const index of [0, 1, 2]) {
      origin.put(`/${index}`, { body: { size: 50_000, seed: index } });
      await job.addFile(origin.url(`/${index}`), world.target(`${index}`));
    }
    assert.deepEqual(await attemptsOf(job), ['TRANSFERRED']);
    await job.complete();
    for (const index of [0, 1, 2]) {
      await assertContent(world.target(`${index}`), { size: 50_000, seed: index });
    }
  });
}

test('a body that falls silent is given up and continued on another connection', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const large = { size: 3_000_000, seed: 4 };
  const url = origin.put('/file.bin', { body: large });
  origin.script('/file.bin', [{ kind: 'stall', afterBytes: 2_500_000 }]);
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 2_500_000);
  // A fast transfer is granted 15 s of silence.
  await waitForState(job, TRANSFERRED, 40_000);
  await job.complete();
  await assertContent(target, large);
  assert.deepEqual(rangesOf(origin), [undefined, 'bytes=2500000-']);
  assert.equal(origin.bytesSent(), large.size);
});

test('HTTP_RESPONSE_HEADERS is the head of the last answer, error answers included', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES });
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [
    [
      { kind: 'status', status: 503 },
      { kind: 'header', name: 'X-Trouble', value: 'yes' },
    ],
  ]);
  const { job, file } = await addJob(world, url);
  const id = BITS_FILE_PROPERTY_ID.HTTP_RESPONSE_HEADERS;
  await assert.rejects(file.getProperty(id), { code: 'E_NOT_SET' });
  await job.resume();
  await waitForState(job, TRANSIENT_ERROR);
  assert.match(
    await file.getProperty(id),
    /^HTTP\/1\.1 503 Service Unavailable\r\n(.+\r\n)*X-Trouble: yes$/,
  );
  await job.resume();
  await waitForState(job, TRANSFERRED);
  const head = await file.getProperty(id);
  assert.match(head, /^HTTP\/1\.1 200 OK\r\nDate: /);
  assert.match(head, /\r\nETag: "seed-3-1000000"(\r\n|$)/);
  assert.doesNotMatch(head, /\r\n$/);
});

test('a query and a fragment in the URL: one is sent, the other is not', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  origin.put('/a%20b/%C3%BC', { body });
  const { job, target } = await addJob(world, `${origin.url('/a%20b/%C3%BC')}?key=1%2F2&x#part`);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.equal(origin.requests[0]?.target, '/a%20b/%C3%BC?key=1%2F2&x');
});

test('a path is sent exactly as it was given', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const { job } = await addJob(world, `${origin.url("/a/./b/../c|d'{e}")}?q='|{}`);
  await runToEnd(job);
  assert.equal(origin.requests[0]?.target, "/a/./b/../c|d'{e}?q='|{}");
});

test('a server that is not there is tried until it comes', async () => {
  await using world = await openWorld();
  const gone = await startOrigin();
  const { port } = gone;
  const url = gone.url('/file.bin');
  await gone[Symbol.asyncDispose]();
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForState(job, TRANSIENT_ERROR);
  assert.equal((await job.getLastFailure())?.hresult, 0x8007_2efd);
  await using origin = await startOrigin({ port });
  origin.put('/file.bin', { body });
  await waitForState(job, TRANSFERRED);
  await job.complete();
  await assertContent(target, body);
});

test('a host that does not exist is a transient failure', async () => {
  await using world = await openWorld({ retry: NO_RETRIES });
  const { job } = await addJob(world, 'http://no-such-host.localhost.invalid/file.bin');
  await job.resume();
  await waitForState(job, TRANSIENT_ERROR);
  const code = (await job.getLastFailure())?.hresult;
  assert.ok(code === 0x8007_2ee7 || code === 0x80d0_3805, `${code}`);
});

test('bytes of two versions are never joined, whatever changes when', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const versions = [21, 22, 23].map((seed) => ({ size: 900_000, seed }));
  const url = origin.put('/file.bin', { body: versions[0]! });
  // A server that ignores If-Range answers 206 of the new version; the tag gives it away.
  origin.script('/file.bin', [
    { kind: 'close-mid-body', afterBytes: 300_000 },
    { kind: 'close-mid-body', afterBytes: 100_000 },
    { kind: 'close-mid-body', afterBytes: 500_000 },
  ]);
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 300_000);
  origin.put('/file.bin', { body: versions[1]! });
  await waitForState(job, TRANSIENT_ERROR).catch(() => undefined);
  origin.put('/file.bin', { body: versions[2]! });
  await waitForState(job, TRANSFERRED);
  await job.complete();
  const found = await readFile(target);
  const matches = versions.filter(({ size, seed }) => bytesAt(seed, 0, size).equals(found));
  assert.equal(matches.length, 1);
});
