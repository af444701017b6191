import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MIN_REQUEST_BYTES } from '../../../src/core/picker/request-size.ts';
import { OriginBudget } from '../../../src/engine/transfer/origin-budget.ts';
import {
  fluidTransfer,
  type FluidReport,
  type FluidTransferOptions,
} from '../../support/fluid-transfer.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';

const MIB = 1_048_576;
const MB = 1_000_000;

/** A path, and what a transfer over it has to reach. */
interface Case extends FluidTransferOptions {
  readonly name: string;
  /** Bytes per second that the server and the link would give. */
  readonly ideal: number;
  /** Share of that. */
  readonly atLeast: number;
  readonly peak?: number;
}

const noisy = (seed: number): Pick<FluidTransferOptions, 'noise' | 'random'> => {
  const randomness = seededRandomness(seed);
  return { noise: (sample) => 0.5 + sample, random: () => randomness.sample() };
};

const CASES: readonly Case[] = [
  {
    name: 'a server that gives each of four connections 10 MB/s',
    sizeBytes: 256 * MIB,
    connectionBytesPerSecond: () => 10 * MB,
    roundTripMs: 1,
    ideal: 40 * MB,
    atLeast: 0.96,
    peak: 4,
  },
  {
    name: 'the same with rates that scatter',
    sizeBytes: 256 * MIB,
    connectionBytesPerSecond: () => 10 * MB,
    roundTripMs: 1,
    ...noisy(1),
    ideal: 40 * MB,
    atLeast: 0.95,
    peak: 4,
  },
  {
    name: 'the same with answers in bursts 200 ms apart',
    sizeBytes: 256 * MIB,
    connectionBytesPerSecond: () => 10 * MB,
    roundTripMs: 1,
    burstMs: 200,
    ideal: 40 * MB,
    atLeast: 0.88,
    peak: 4,
  },
  {
    name: 'the same at 50 ms',
    sizeBytes: 256 * MIB,
    connectionBytesPerSecond: () => 10 * MB,
    roundTripMs: 50,
    ideal: 40 * MB,
    atLeast: 0.84,
    peak: 4,
  },
  {
    name: 'a link of 100 Mbit/s that one connection fills',
    sizeBytes: 256 * MIB,
    linkBytesPerSecond: 12.5 * MB,
    roundTripMs: 1,
    ideal: 12.5 * MB,
    atLeast: 0.99,
    peak: 2,
  },
  {
    name: 'a link of 1 Gbit/s that one connection fills',
    sizeBytes: 256 * MIB,
    linkBytesPerSecond: 125 * MB,
    roundTripMs: 1,
    ideal: 125 * MB,
    atLeast: 0.985,
    peak: 2,
  },
  {
    name: 'a link of 8 Mbit/s that one connection fills',
    sizeBytes: 64 * MIB,
    linkBytesPerSecond: MB,
    roundTripMs: 20,
    ideal: MB,
    atLeast: 0.99,
    peak: 2,
  },
  {
    name: 'a link of 100 Mbit/s at 50 ms',
    sizeBytes: 256 * MIB,
    linkBytesPerSecond: 12.5 * MB,
    roundTripMs: 50,
    ideal: 12.5 * MB,
    atLeast: 0.97,
  },
  {
    name: 'a link with three streams of others on it',
    sizeBytes: 256 * MIB,
    linkBytesPerSecond: 12.5 * MB,
    roundTripMs: 10,
    crossStreams: () => 3,
    ideal: (12.5 * MB * 4) / 7,
    atLeast: 0.72,
  },
  {
    name: 'connections of very unequal speed',
    sizeBytes: 256 * MIB,
    connectionBytesPerSecond: (number) => [1, 10, 3, 5][number % 4]! * MB,
    roundTripMs: 5,
    ideal: 19 * MB,
    atLeast: 0.9,
  },
  {
    name: 'a first connection that is ten times as slow as the second',
    sizeBytes: 128 * MIB,
    connections: 2,
    connectionBytesPerSecond: (number) => (number === 0 ? 1 : 10) * MB,
    roundTripMs: 5,
    ideal: 11 * MB,
    atLeast: 0.93,
  },
  {
    name: 'a server that takes two connections',
    sizeBytes: 256 * MIB,
    connectionBytesPerSecond: () => 10 * MB,
    roundTripMs: 5,
    maxConnections: 2,
    ideal: 20 * MB,
    atLeast: 0.96,
  },
];

/** At most a request for each 16 MiB and one for each connection, however the transfer went. */
function assertFewRequests({ requests }: FluidReport, sizeBytes: number, connections = 4): void {
  const most = Math.floor(sizeBytes / MIN_REQUEST_BYTES) + connections;
  assert.ok(requests.length <= most, `${requests.length} requests, not ${most}`);
}

for (const { name, ideal, atLeast, peak, ...options } of CASES) {
  test(`${name}: ${atLeast * 100} % of it, in few requests, and hardly a byte twice`, async () => {
    const report = await fluidTransfer(options);
    assert.equal(report.failure, undefined);
    const share = (report.rate * 1_000) / ideal;
    assert.ok(share >= atLeast, `${(share * 100).toFixed(1)} % of the rate`);
    assertFewRequests(report, options.sizeBytes, options.connections);
    if (peak !== undefined) assert.equal(report.peakConnections, peak);
    assert.ok(report.wastedBytes <= options.sizeBytes * 0.02, `${report.wastedBytes} bytes twice`);
  });
}

test('a useless second connection is gone before it has brought more than one request', async () => {
  const report = await fluidTransfer({
    sizeBytes: 256 * MIB,
    linkBytesPerSecond: 12.5 * MB,
    roundTripMs: 1,
  });
  const busy = report.connections.filter((count) => count > 1).length;
  assert.ok(busy <= report.connections.length / 4, `${busy} of ${report.connections.length} looks`);
});

test('connections that only slow start made look useful are given up on a long transfer', async () => {
  const report = await fluidTransfer({
    sizeBytes: 512 * MIB,
    linkBytesPerSecond: 12.5 * MB,
    roundTripMs: 50,
  });
  assert.equal(report.peakConnections, 4);
  assert.equal(report.connections.at(-20), 1);
  assertFewRequests(report, 512 * MIB);
});

test('a file of 4 MiB is fetched by one connection in one request', async () => {
  const report = await fluidTransfer({
    sizeBytes: 4 * MIB,
    connectionBytesPerSecond: () => MB,
    roundTripMs: 5,
  });
  assert.deepEqual([report.peakConnections, report.requests.length], [1, 1]);
});

test('the rest of a connection that is slow at the end is raced, and the loser stopped', async () => {
  // The third connection falls to a hundredth once it has its last segment.
  let slow = false;
  const report = await fluidTransfer({
    sizeBytes: 96 * MIB,
    connectionBytesPerSecond: (number) => (slow && number === 1 ? 0.05 : 10) * MB,
    roundTripMs: 5,
    everyQuarter: (nowMs) => {
      slow = nowMs >= 1_750;
    },
  });
  assert.equal(report.failure, undefined);
  assert.ok(report.ms < 6_000, `${report.ms} ms of the network's own time`);
  assertFewRequests(report, 96 * MIB);
  assert.ok(report.wastedBytes < 4 * MIB);
});

test('a connection that stalls for good is raced at once, and nothing waits for its time-out', async () => {
  const report = await fluidTransfer({
    sizeBytes: 64 * MIB,
    connectionBytesPerSecond: () => 5 * MB,
    roundTripMs: 5,
    stalls: new Map([[2, 5 * MIB]]),
  });
  assert.equal(report.failure, undefined);
  assert.ok(report.ms < 8_000, `${report.ms} ms of the network's own time`);
  assertFewRequests(report, 64 * MIB);
});

test('the only connection of a file is raced too when it stalls', async () => {
  const report = await fluidTransfer({
    sizeBytes: 64 * MIB,
    linkBytesPerSecond: 5 * MB,
    roundTripMs: 5,
    stalls: new Map([[0, 30 * MIB]]),
  });
  assert.equal(report.failure, undefined);
  assert.ok(report.ms < 20_000, `${report.ms} ms of the network's own time`);
});

test('with one connection allowed to the origin nothing is raced', async () => {
  const report = await fluidTransfer({
    sizeBytes: 32 * MIB,
    linkBytesPerSecond: 5 * MB,
    roundTripMs: 5,
    origins: new OriginBudget(1),
    stalls: new Map([[0, 20 * MIB]]),
  });
  assert.equal(report.requests.length, 1);
  assert.match(String(report.failure), /stalled/, 'the time-out ends the attempt');
});

test('other files of the origin that come and go cost no more requests than are due', async () => {
  const origins = new OriginBudget(4);
  const others = [origins.join('http://fluid.example', true)];
  others.pop()?.leave();
  let places = 0;
  const report = await fluidTransfer({
    sizeBytes: 256 * MIB,
    connectionBytesPerSecond: () => 5 * MB,
    roundTripMs: 5,
    origins,
    // Another file every half second, which has a connection of its own for a quarter.
    everyQuarter: () => {
      const other = others.pop();
      if (other !== undefined) {
        if (places > 0) other.release();
        places = 0;
        other.leave();
        return;
      }
      const joined = origins.join('http://fluid.example', true);
      others.push(joined);
      void joined.acquire(new AbortController().signal).then(() => {
        if (others.includes(joined)) places = 1;
        else joined.release();
      });
    },
  });
  assertFewRequests(report, 256 * MIB);
  assert.ok(report.rate * 1_000 > 0.6 * 20 * MB, `${report.rate} bytes a millisecond`);
});

test('what an earlier attempt left in several gaps takes one more request for each gap', async () => {
  const written = [
    { start: 20 * MIB, end: 40 * MIB },
    { start: 60 * MIB, end: 62 * MIB },
  ];
  const report = await fluidTransfer({
    sizeBytes: 128 * MIB,
    connectionBytesPerSecond: () => 5 * MB,
    roundTripMs: 5,
    written,
  });
  assert.ok(report.requests.length <= Math.floor(106 / 16) + 4 + 2, `${report.requests.length}`);
  assert.ok(
    report.requests.every(
      ({ start }) => !written.some((at) => start >= at.start && start < at.end),
    ),
  );
});
