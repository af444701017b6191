import assert from 'node:assert/strict';

import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_NOTIFY,
  BG_SIZE_UNKNOWN,
  BITS_COST_STATE,
} from '../../src/core/constants.ts';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import type { IBackgroundCopyCallback, IBackgroundCopyJob } from '../../src/core/interfaces/job.ts';
import type { IBackgroundCopyManager } from '../../src/core/interfaces/manager.ts';
import type { JobFile } from '../../src/core/job/file.ts';
import { isFinal, stateName } from '../../src/core/job/step.ts';
import { DEFAULT_RETRY_POLICY } from '../../src/core/retry/retry-delay.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import type { FileCheckpoint, JobStore, StoreChange } from '../../src/ports/job-store.ts';
import { driveClock } from '../support/drive-clock.ts';
import { idleWorkload } from '../support/idle-workload.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { ManualNetwork } from '../support/manual-network.ts';
import { memoryDigester } from '../support/memory-digester.ts';
import { MemoryWeb, openMemoryTransport } from '../support/memory-http-transport.ts';
import { MemoryJobStore, MemoryJobStoreDisk } from '../support/memory-job-store.ts';
import { MemoryPartialFiles } from '../support/memory-partial-files.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { chanceFrom, type Chance } from './chance.ts';
import {
  assertJob,
  assertSlotFree,
  assertTransition,
  assertTrusted,
  localContent,
} from './invariants.ts';
import { MortalPorts, type Death, type Remains } from './mortal-ports.ts';
import { randomFault, Sites } from './sites.ts';

const SLOTS = { foregroundSlots: 2, backgroundSlots: 2, timeSliceMs: 20_000 } as const;
const STEPS = 80;
const MAX_JOBS = 6;

/** What one run of the simulation amounted to. */
export interface SimulationReport {
  /** Changes of the store, each followed by a look at the invariants. */
  readonly events: number;
  readonly deaths: number;
  readonly requests: number;
  /** Everything that happened, to compare two runs by. */
  readonly history: string;
}

/** One process of the engine. */
interface Process {
  readonly ports: MortalPorts;
  readonly network: ManualNetwork;
  readonly manager: IBackgroundCopyManager;
}

/** What the simulation knows of a job without asking the engine. */
interface Known {
  readonly id: string;
  /** URLs each file was ever fetched from, by its local name. */
  readonly urls: Map<string, string[]>;
  /** A file of it may fail for good, because its caller asked for what the server may not have. */
  mayFail: boolean;
  /** JobTransferred was taken since the job last became TRANSFERRED. */
  told: boolean;
  /** Files that it has, as callers were told. */
  files: number;
  /** Completed or cancelled, as callers were told. */
  ended: boolean;
}

/**
 * The whole engine for some simulated hours: random calls, servers that misbehave and change their
 * files, a network that comes and goes, a disk that refuses, and processes that die between any two
 * calls of their ports. Then everything heals, and every job must come to its end.
 */
export class Simulation {
  readonly #chance: Chance;
  readonly #seed: number;
  readonly #clock = new ManualClock(Date.UTC(2026, 0, 1));
  readonly #web: MemoryWeb;
  readonly #sites: Sites;
  readonly #known = new Map<string, Known>();
  readonly #states = new Map<string, BG_JOB_STATE>();
  readonly #history: string[] = [];
  /** Jobs whose files are being moved: stopped, while their state is still the one before. */
  readonly #completing = new Set<string>();
  #process!: Process;
  #calls: Promise<unknown>[] = [];
  #failures: unknown[] = [];
  #troubled = true;
  #online = true;
  #costState: number = BITS_COST_STATE.UNRESTRICTED;
  #deathIn = Infinity;
  #events = 0;
  #deaths = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = chanceFrom(seededRandomness(seed));
    this.#web = new MemoryWeb({
      latencyMs: 20,
      bytesPerSecond: 20_000 + this.#chance.below(100_000),
      chunkBytes: 1_000 + this.#chance.below(8_000),
    });
    this.#sites = new Sites(this.#web, this.#chance, () => this.#clock.wallMs());
    this.#web.onRequest = () =>
      this.#troubled && this.#chance.happens(0.25) ? [randomFault(this.#chance)] : [];
  }

  /** What has happened so far, line by line, each with its time. */
  get history(): string {
    return this.#history.join('\n');
  }

  async run(): Promise<SimulationReport> {
    this.#open({ disk: new MemoryPartialFiles(), store: new MemoryJobStoreDisk(), bootId: '1' });
    for (let step = 0; step < STEPS; step += 1) {
      await this.#step();
      await this.#advance(this.#chance.below(this.#chance.happens(0.1) ? 60_000 : 2_000));
    }
    this.#heal();
    await this.#finish();
    return {
      events: this.#events,
      deaths: this.#deaths,
      requests: this.#web.requests.length,
      history: this.history,
    };
  }

  // Processes

  #open(remains: Remains): void {
    const ports: MortalPorts = new MortalPorts(
      { clock: this.#clock, remains, pick: (count) => this.#chance.below(count) },
      () => this.#deathAtCall(),
      (port, name, path) => this.#beforeCall(port, name, path),
      (name, argument) => this.#afterStoreCall(ports.store, name, argument),
    );
    this.#states.clear();
    for (const job of ports.store.list({ includeFinal: true })) this.#states.set(job.id, job.state);
    const network = new ManualNetwork();
    network.set({ online: this.#online, costState: this.#costState });
    const transport = openMemoryTransport(this.#web, ports.clock);
    const randomness = seededRandomness(this.#seed + this.#deaths + this.#events);
    const manager = startEngine(
      {
        clock: ports.clock,
        randomness,
        digester: memoryDigester,
        workload: idleWorkload,
        partials: ports.disk,
        store: ports.store,
        network,
        transport,
      },
      {
        transfer: {
          pieceSizeBytes: 4_096,
          minSplitBytes: 8_192,
          connectionsPerFile: 4,
          userAgent: 'simulation',
        },
        slots: SLOTS,
        retry: DEFAULT_RETRY_POLICY,
        connectionsPerOrigin: 4,
        maxBytesPerSecond: this.#chance.happens(0.2) ? 150_000 : undefined,
        owner: 'somebody',
        startInterrupted: true,
        onWarning: (message) => this.#log(`warning: ${message}`),
      },
      async () => {
        await transport[Symbol.asyncDispose]();
        network[Symbol.dispose]();
      },
    );
    this.#process = { ports, network, manager };
  }

  /** Looks after the dead: the next process finds what they left. */
  async #reopenIfDead(): Promise<void> {
    const { ports } = this.#process;
    if (ports.isAlive) return;
    // What is left of the dead process runs out against ports that do nothing any more.
    await settle();
    this.#calls = [];
    this.#completing.clear();
    this.#deathIn = Infinity;
    const { remains } = ports;
    const store = new MemoryJobStore(remains.store, remains.bootId);
    for (const known of this.#known.values()) assertKept(known, store);
    assertTrusted(store, remains.disk, (file) => this.#versionsOf(file));
    this.#open(remains);
    if (this.#chance.happens(0.7)) await this.#registerAll();
  }

  async #closeInOrder(): Promise<void> {
    const { manager, ports } = this.#process;
    const closing = manager[Symbol.asyncDispose]();
    await driveClock(this.#clock, closing, { stepMs: 50, maxSteps: 1_000, what: 'Closing' });
    await this.#gatherCalls();
    ports.end();
    this.#log('closed');
  }

  #deathAtCall(): Death | undefined {
    this.#deathIn -= 1;
    if (this.#deathIn > 0) return undefined;
    this.#deathIn = Infinity;
    return this.#noteDeath();
  }

  #noteDeath(): Death {
    const how = this.#chance.of<Death>(['written', 'flushed']);
    this.#deaths += 1;
    this.#log(`death: ${how}`);
    return how;
  }

  // What happens

  async #step(): Promise<void> {
    await this.#reopenIfDead();
    const chance = this.#chance;
    const roll = chance.below(100);
    if (roll < 8) this.#network();
    else if (roll < 16) this.#changeContent();
    else if (roll < 24) this.#deathIn = 1 + chance.below(120);
    else if (roll < 27) this.#process.ports.die(this.#noteDeath());
    else if (roll < 29) await this.#closeInOrder();
    else if (roll < 41 && this.#known.size < MAX_JOBS) this.#call('create', this.#createJob());
    else await this.#callSomeJob();
  }

  #network(): void {
    this.#online = this.#chance.happens(0.6);
    this.#costState = this.#chance.of([BITS_COST_STATE.UNRESTRICTED, BITS_COST_STATE.ROAMING]);
    this.#process.network.set({ online: this.#online, costState: this.#costState });
    this.#log(`network: ${this.#online} ${this.#costState}`);
  }

  #changeContent(): void {
    const url = this.#chance.of(this.#sites.urls);
    this.#sites.change(url);
    this.#log(`changed: ${url}`);
  }

  async #createJob(): Promise<void> {
    const job = await this.#process.manager.createJob('simulated', BG_JOB_TYPE.DOWNLOAD);
    const id = await job.getId();
    const known: Known = {
      id,
      urls: new Map(),
      mayFail: false,
      told: false,
      files: 0,
      ended: false,
    };
    // A job that died with its process before anybody heard of it was never promised.
    if (this.#process.ports.isAlive) this.#known.set(id, known);
    await job.setNotifyInterface(this.#callbackFor(known));
    for (let count = 1 + this.#chance.below(3); count > 0; count -= 1)
      await this.#addFile(job, known);
    if (this.#chance.happens(0.3)) await job.setPriority(BG_JOB_PRIORITY.FOREGROUND);
    await job.resume();
  }

  async #addFile(job: IBackgroundCopyJob, known: Known): Promise<void> {
    const chance = this.#chance;
    const { ports } = this.#process;
    const url = chance.of(this.#sites.urls);
    const size = this.#sites.sizeOf(url);
    const name = `${known.id.slice(-6)}-${known.urls.size}`;
    const localName = `/data/${name}`;
    const fileId = `file ${name}`;
    known.urls.set(localName, [url]);
    const roll = chance.below(10);
    if (roll < 2 && size > 100) {
      known.mayFail = true;
      const middle = 1 + chance.below(size - 2);
      const first = { initialOffset: 0, length: chance.below(middle) + 1 };
      const second = { initialOffset: middle + 1, length: size - middle - 1 };
      const ranges = second.length > 0 && first.length <= middle ? [second, first] : [first];
      await job.addFileWithRanges(fileId, url, localName, ranges);
    } else if (roll < 3) {
      known.mayFail = true;
      await job.addFileWithRanges(fileId, url, localName, null, size);
    } else {
      await job.addFileWithRanges(fileId, url, localName);
    }
    if (ports.isAlive) known.files += 1;
  }

  async #callSomeJob(): Promise<void> {
    const known = this.#chance.of([...this.#known.values()]);
    if (known === undefined) return;
    const job = await this.#process.manager.getJob(known.id).catch(() => undefined);
    if (job === undefined) return;
    const chance = this.#chance;
    const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['resume', () => job.resume()],
      ['resume', () => job.resume()],
      ['suspend', () => job.suspend()],
      ['complete', () => this.#complete(job, known)],
      ['cancel', () => this.#end(known, job.cancel())],
      ['addFile', () => this.#addFile(job, known)],
      ['setPriority', () => job.setPriority(chance.of(Object.values(BG_JOB_PRIORITY)))],
      ['setRemoteName', () => this.#setRemoteName(job, known)],
      ['setNoProgressTimeout', () => job.setNoProgressTimeout(chance.of([0, 30, 600]))],
      ['setNotifyFlags', () => job.setNotifyFlags(chance.of([0, 3, 11, 27, BG_NOTIFY.DISABLE]))],
      ['setNotifyInterface', () => job.setNotifyInterface(this.#callbackFor(known))],
      ['setNotifyInterface null', () => job.setNotifyInterface(null)],
    ];
    const [name, call] = chance.of(calls);
    if (name === 'complete' || name === 'cancel') {
      if (chance.happens(0.5)) return;
    }
    this.#call(`${name} ${known.id.slice(-6)}`, call());
  }

  async #setRemoteName(job: IBackgroundCopyJob, known: Known): Promise<void> {
    const files = await (await job.enumFiles()).next(100);
    if (files.length === 0) return;
    const index = this.#chance.below(files.length);
    const url = this.#chance.of(this.#sites.urls);
    known.urls.get(await files[index]!.getLocalName())?.push(url);
    known.mayFail ||= this.#hasDemands(known, index);
    await files[index]!.setRemoteName(url);
  }

  async #complete(job: IBackgroundCopyJob, known: Known): Promise<number> {
    const { id } = known;
    this.#completing.add(id);
    return this.#end(known, job.complete()).finally(() => this.#completing.delete(id));
  }

  /** A call after which the job is final, for good. */
  async #end(known: Known, call: Promise<number>): Promise<number> {
    const { ports } = this.#process;
    const result = await call;
    if (ports.isAlive) known.ended = true;
    return result;
  }

  #hasDemands(known: Known, index: number): boolean {
    const file = this.#process.ports.store.loadFiles(known.id)[index];
    return (file?.ranges.length ?? 0) > 0 || file?.expectedSizeBytes !== undefined;
  }

  /** Starts a call and goes on; what it comes to is looked at later. */
  #call(what: string, outcome: Promise<unknown>): void {
    const { ports } = this.#process;
    const judged = outcome.then(
      (result) => this.#log(`${what}: ${typeof result === 'number' ? result : 'ok'}`),
      (error: unknown) => {
        if (!ports.isAlive) return;
        if (!(error instanceof DeliveryOptimizationError)) this.#failures.push(error);
        else this.#log(`${what}: ${error.code}`);
      },
    );
    this.#calls.push(judged);
  }

  /** Waits for the calls that were started: a living engine leaves none without an answer. */
  async #gatherCalls(): Promise<void> {
    const all = Promise.all(this.#calls);
    await driveClock(this.#clock, all, { stepMs: 100, maxSteps: 100, what: 'A call' });
    this.#calls = [];
  }

  // Callbacks

  #callbackFor(known: Known): IBackgroundCopyCallback {
    const { ports } = this.#process;
    let busy = false;
    const tell = async (event: string, patience: number): Promise<void> => {
      if (!ports.isAlive) return;
      assert.ok(!busy, `two notifications of job ${known.id} overlap`);
      busy = true;
      try {
        this.#log(`${event} ${known.id.slice(-6)}`);
        if (this.#troubled && this.#chance.happens(patience)) {
          await new Promise<void>((resolve) => ports.clock.after(700, resolve));
        }
        if (this.#troubled && this.#chance.happens(0.3)) throw new Error('The callback is upset.');
      } finally {
        busy = false;
      }
    };
    const guarded = (work: () => Promise<void>): Promise<void> =>
      work().catch((error: unknown) => {
        if (error instanceof assert.AssertionError) this.#failures.push(error);
        throw error;
      });
    return {
      jobTransferred: () =>
        guarded(async () => {
          await tell('transferred', 0.3);
          if (ports.isAlive) known.told = true;
        }),
      jobError: (_, error) =>
        guarded(async () => tell(`error ${(await error.getError()).code.toString(16)}`, 0.3)),
      jobModification: () => guarded(() => tell('modified', 0.1)),
      fileTransferred: () => guarded(() => tell('file', 0.1)),
    };
  }

  async #registerAll(): Promise<void> {
    for (const known of this.#known.values()) {
      const job = await this.#process.manager.getJob(known.id).catch(() => undefined);
      if (job === undefined) continue;
      const registered = job.setNotifyInterface(this.#callbackFor(known));
      this.#call(`register ${known.id.slice(-6)}`, registered);
    }
    await settle();
  }

  // What is looked at

  #beforeCall(port: 'store' | 'disk', name: string, path: string): void {
    if (!this.#troubled) return;
    if (port === 'disk' && this.#chance.happens(0.01)) {
      this.#log(`disk: ${name} fails`);
      throw new DeliveryOptimizationError('ERROR_WRITE_PROTECT', `${name} of ${path} fails.`);
    }
  }

  #afterStoreCall(store: JobStore, name: string, argument: unknown): void {
    this.#events += 1;
    const { job } = argument as StoreChange | FileCheckpoint;
    if ((name !== 'commit' && name !== 'checkpoint') || job === undefined) return;
    this.#look(() => {
      this.#assertStored(store, job.id);
    });
  }

  #assertStored(store: JobStore, id: string): void {
    const job = store.loadJob(id)!;
    const before = this.#states.get(id);
    if (before !== undefined) assertTransition(id, before, job.state);
    if (before !== job.state) {
      if (job.state === BG_JOB_STATE.TRANSFERRING) {
        assertSlotFree(job, store, SLOTS, this.#completing);
      }
      this.#log(
        `${id.slice(-6)} ${stateName(job.state)} ${job.lastFailure?.code ?? ''} ${job.lastFailure?.message ?? ''}`,
      );
      const known = this.#known.get(id);
      if (job.state === BG_JOB_STATE.TRANSFERRED && known !== undefined) known.told = false;
    }
    this.#states.set(id, job.state);
    assertJob(job, store.loadFiles(id));
  }

  /** What callers are told of a job's progress adds up. */
  async #assertProgress(): Promise<void> {
    if (!this.#process.ports.isAlive) return;
    for await (const job of await this.#process.manager.enumJobs()) {
      const { bytesTotal, bytesTransferred } = await job.getProgress();
      const files = await Promise.all(
        (await (await job.enumFiles()).next(100)).map((file) => file.getProgress()),
      );
      const sum = files.reduce((bytes, file) => bytes + file.bytesTransferred, 0);
      assert.equal(bytesTransferred, sum, `progress of ${await job.getId()}`);
      if (bytesTotal !== BG_SIZE_UNKNOWN) assert.ok(bytesTransferred <= bytesTotal);
    }
  }

  /** A broken invariant is not thrown into the engine, which might take it for a disk's failure. */
  #look(at: () => void): void {
    try {
      at();
    } catch (error) {
      this.#failures.push(error);
    }
  }

  #log(line: string): void {
    this.#history.push(`${this.#clock.nowMs()} ${line}`);
  }

  async #advance(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    await this.#assertProgress();
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #versionsOf(file: JobFile): readonly Buffer[] {
    const urls = this.#known.get(file.jobId)?.urls.get(file.localName ?? '') ?? [];
    return urls.flatMap((url) => this.#sites.versions(url));
  }

  // The end

  #heal(): void {
    this.#log('healed');
    this.#troubled = false;
    this.#deathIn = Infinity;
    this.#online = true;
    this.#costState = BITS_COST_STATE.UNRESTRICTED;
    this.#process.network.set({ online: true, costState: this.#costState });
  }

  async #finish(): Promise<void> {
    await this.#reopenIfDead();
    await this.#gatherCalls();
    await this.#registerAll();
    for (const known of this.#known.values()) await this.#finishJob(known);
    await this.#closeInOrder();
    const { remains } = this.#process.ports;
    this.#open(remains);
    await this.#advance(1_000);
    await this.#closeInOrder();
    const left = remains.disk.paths().filter((path) => path.endsWith('.haulyard-part'));
    assert.deepEqual(left, [], 'partial files were left behind');
  }

  async #finishJob(known: Known): Promise<void> {
    const job = await this.#process.manager.getJob(known.id).catch(() => undefined);
    if (job === undefined || known.urls.size === 0) return;
    await job.setNotifyFlags(BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR);
    await job.setNoProgressTimeout(86_400);
    const { total } = this.#process.ports.store.loadJob(known.id)!.files;
    if (total === 0) {
      await job.cancel();
      return;
    }
    let state = await this.#settleJob(known, job);
    if (state === BG_JOB_STATE.ERROR && known.mayFail) {
      await job.cancel();
      return;
    }
    assert.equal(stateName(state), 'TRANSFERRED', `job ${known.id} does not end`);
    await this.#assertTold(known, job);
    await job.complete();
    state = await job.getState();
    assert.equal(stateName(state), 'ACKNOWLEDGED');
    this.#assertDelivered(known);
  }

  async #settleJob(known: Known, job: IBackgroundCopyJob): Promise<BG_JOB_STATE> {
    let state = await job.getState();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (state === BG_JOB_STATE.SUSPENDED || state === BG_JOB_STATE.ERROR) await job.resume();
      const endMs = this.#clock.nowMs() + 4 * 3_600_000;
      do {
        await this.#advance(500);
        state = await job.getState();
      } while (!isAtRest(state) && this.#clock.nowMs() < endMs);
      if (state === BG_JOB_STATE.TRANSFERRED || isFinal(state)) return state;
      this.#log(`${known.id.slice(-6)} rests in ${stateName(state)}`);
    }
    return state;
  }

  /** The event may have been muted when it happened; then it is not owed (J-16). */
  async #assertTold(known: Known, job: IBackgroundCopyJob): Promise<void> {
    const owed = (): number => this.#process.ports.store.outboxOf(known.id).length;
    const wasOwed = owed() > 0;
    for (let turn = 0; owed() > 0 && turn < 100; turn += 1) await this.#advance(10_000);
    assert.equal(owed(), 0, `nobody was told of job ${await job.getId()}`);
    if (wasOwed) assert.ok(known.told, `job ${known.id} was not told of`);
  }

  #assertDelivered(known: Known): void {
    const { disk, store } = this.#process.ports;
    for (const file of store.loadFiles(known.id)) {
      const found = disk.contentOf(file.localName!);
      assert.ok(found, `${file.localName} was not delivered`);
      const isOne = this.#versionsOf(file).some((version) =>
        localContent(file, version)?.equals(found),
      );
      assert.ok(isOne, `${file.localName} is no version of its content`);
    }
  }
}

/** What callers were told has happened outlives every death. */
function assertKept({ id, files, ended }: Known, store: JobStore): void {
  const job = store.loadJob(id);
  assert.ok(job, `job ${id} was lost`);
  assert.ok(store.loadFiles(id).length >= files, `a file that was added to job ${id} was lost`);
  if (ended) assert.ok(isFinal(job.state), `job ${id} is ${stateName(job.state)} after its end`);
}

function isAtRest(state: BG_JOB_STATE): boolean {
  return (
    state === BG_JOB_STATE.ERROR ||
    state === BG_JOB_STATE.TRANSFERRED ||
    state === BG_JOB_STATE.SUSPENDED ||
    isFinal(state)
  );
}
