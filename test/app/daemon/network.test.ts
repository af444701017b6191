import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';

import { BITS_JOB_TRANSFER_POLICY } from '../../../src/index.ts';
import type { ExplanationResource, JobResource } from '../../../src/rest/contract.ts';
import {
  completeJob,
  getJob,
  jobInState,
  jobWhen,
  jobWithBytes,
  makeJob,
} from '../../support/daemon-jobs.ts';
import { daemonPlace, type DaemonPlace, type DaemonProcess } from '../../support/daemon-process.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';

const body = { size: 6_000_000, seed: 41 };
const UNRESTRICTED_ONLY = 0x8000_0001;

/** A service with a job that runs slowly, from an origin that is not on the loopback interface. */
interface Slow extends AsyncDisposable {
  readonly place: DaemonPlace;
  readonly daemon: DaemonProcess;
  readonly origin: Origin;
  readonly id: string;
  set(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Waits until the job waits for a rule, and returns what is said about that. */
  blockedBy(code: string): Promise<NonNullable<ExplanationResource['block']>>;
  /** Waits until more bytes arrive. */
  goesOn(): Promise<JobResource>;
}

async function openSlow(toml = ''): Promise<Slow> {
  await using opened = new AsyncDisposableStack();
  const origin = opened.use(
    await startOrigin({
      host: outwardAddress(),
      limits: { perConnectionBytesPerSecond: 1_000_000 },
    }),
  );
  const place = opened.use(await daemonPlace(toml));
  const daemon = await place.start();
  const { id } = await makeJob(daemon, origin.put('/file', { body }), place.target('file'));
  await jobWithBytes(daemon, id, 100_000);
  const resources = opened.move();
  return {
    place,
    daemon,
    origin,
    id,
    set: async (set) => void (await daemon.ask('PATCH', '/v1/config', { set })),
    async blockedBy(code) {
      const job = await jobInState(daemon, id, 'transient_error');
      assert.equal(job.lastFailure?.code, code);
      assert.equal(job.lastFailure.kind, 'policy');
      const explanation = (await daemon.ask(
        'GET',
        `/v1/jobs/${id}/explain`,
      )) as ExplanationResource;
      assert.equal(explanation.block?.code, code);
      return explanation.block;
    },
    async goesOn() {
      const { progress } = await getJob(daemon, id);
      return jobWhen(
        daemon,
        id,
        'more bytes',
        (job) => job.progress.bytesTransferred > progress.bytesTransferred,
      );
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** An address of this machine that counts as a network; on Linux 0.0.0.0 leads here too. */
function outwardAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '0.0.0.0';
}

test('a job waits while there is no network, says so, and goes on by itself when it is back', async () => {
  await using slow = await openSlow();
  const { daemon, id, place, origin } = slow;
  await slow.set({ 'network.online': false });
  const block = await slow.blockedBy('DO_E_BLOCKED_BY_NO_NETWORK');
  assert.equal(block.rule, 'network.online');
  assert.equal((await daemon.ask('GET', '/v1/network')).online, false);
  await origin.idle();
  const before = (await getJob(daemon, id)).progress.bytesTransferred;
  assert.ok(before >= 100_000, 'its bytes are kept');
  await slow.set({ 'network.online': null });
  origin.limit({});
  await completeJob(daemon, id, place.target('file'), body);
  assert.ok(origin.bytesSent() < body.size + 2_000_000, 'and are not fetched again');
});

test('what a network costs acts on a running job at once, and so do its cost flags', async () => {
  await using slow = await openSlow();
  const { daemon, id } = slow;
  await slow.set({ 'network.cost': 'roaming' });
  const block = await slow.blockedBy('DO_E_BLOCKED_BY_COST_TRANSFER_POLICY');
  assert.equal(block.rule, 'job.cost_flags');
  assert.match(block.message, /roaming/i);
  await daemon.ask('PATCH', `/v1/jobs/${id}`, { costFlags: BITS_JOB_TRANSFER_POLICY.ALWAYS });
  await slow.goesOn();
  await slow.set({ 'network.cost': 'metered' });
  await slow.goesOn();
  await daemon.ask('PATCH', `/v1/jobs/${id}`, { costFlags: UNRESTRICTED_ONLY });
  await slow.blockedBy('DO_E_BLOCKED_BY_COST_TRANSFER_POLICY');
  await slow.set({ 'network.cost': 'unrestricted' });
  await slow.goesOn();
});

test('a battery that is low stops background jobs and no others, until the machine is on mains', async () => {
  await using slow = await openSlow('[network]\npause_background_below_battery = 50\n');
  const { daemon, id, place, origin } = slow;
  const urgent = await makeJob(daemon, origin.url('/file'), place.target('urgent'), {
    priority: 'foreground',
  });
  await slow.set({ 'network.battery': 20 });
  const block = await slow.blockedBy('DO_E_BLOCKED_BY_POWER_STATE');
  assert.equal(block.rule, 'network.pause_background_below_battery');
  assert.match(block.message, /20 percent/);
  await jobWithBytes(daemon, urgent.id, 500_000);
  await slow.set({ 'network.battery': 'none' });
  await slow.goesOn();
  const { state } = await getJob(daemon, id);
  assert.equal(state, 'transferring');
});

test('a block outlives a crash, and the job goes on once it is lifted', async () => {
  await using slow = await openSlow();
  const { daemon, id, place, origin } = slow;
  await slow.set({ 'network.online': false });
  await slow.blockedBy('DO_E_BLOCKED_BY_NO_NETWORK');
  await daemon.kill();
  const next = await place.start();
  const job = await jobWhen(
    next,
    id,
    'the job to wait',
    ({ state }) => state === 'transient_error',
  );
  assert.equal(job.lastFailure?.code, 'DO_E_BLOCKED_BY_NO_NETWORK');
  origin.limit({});
  await next.ask('PATCH', '/v1/config', { set: { 'network.online': true } });
  await completeJob(next, id, place.target('file'), body);
});
