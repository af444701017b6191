import {
  depart,
  observeSilence,
  observeTick,
  observeTrain,
  POLITE_TICK_MS,
  turnOf,
} from '../../../src/core/bandwidth/polite-rate.ts';
import { createPoliteRate, type PoliteRate } from '../../../src/core/bandwidth/polite-state.ts';
import { seeBytes, speedOf, trainOf, type TrainLog } from '../../../src/core/bandwidth/train.ts';

/** Virtual milliseconds of one step of the model. */
const STEP_MS = 5;

const SEGMENT_BYTES = 1_448;
const INITIAL_WINDOW = 10 * SEGMENT_BYTES;

/** A flow that grows like TCP does: doubling at first, then by a segment in each round trip. */
export interface Flow {
  window: number;
  slowStart: boolean;
  /** Bytes per second it never goes beyond: a server's cap, or a player's bit rate. */
  readonly capBytesPerSecond: number;
}

export function newFlow(capBytesPerSecond: number = Infinity): Flow {
  return { window: INITIAL_WINDOW, slowStart: true, capBytesPerSecond };
}

export interface LinkShape {
  readonly bytesPerSecond: number;
  readonly roundTripMs: number;
  /** Time's worth of bytes that its queue holds. */
  readonly queueMs: number;
}

/**
 * A link as fluid: flows fill it and its queue, lose half of their window when the queue runs over,
 * and get what their windows are worth of what it carries.
 */
export class FluidLink {
  readonly shape: LinkShape;
  readonly #random: () => number;
  #queueBytes = 0;

  constructor(shape: LinkShape, random: () => number) {
    this.shape = shape;
    this.#random = random;
  }

  /** Bytes that each flow gets through in a step; the speed of the link varies by `noise`. */
  step(flows: readonly Flow[], noise: number): readonly number[] {
    const { bytesPerSecond, queueMs, roundTripMs } = this.shape;
    const capacity = ((bytesPerSecond * STEP_MS) / 1_000) * (1 + noise * (this.#random() - 0.5));
    const delayMs = roundTripMs + (this.#queueBytes / bytesPerSecond) * 1_000;
    const wishes = flows.map(({ window, capBytesPerSecond }) =>
      Math.min((window / delayMs) * STEP_MS, (capBytesPerSecond * STEP_MS) / 1_000),
    );
    const wished = wishes.reduce((sum, each) => sum + each, 0);
    const carried = Math.min(capacity, wished + this.#queueBytes);
    this.#queueBytes = Math.max(0, this.#queueBytes + wished - carried);
    const room = (bytesPerSecond * queueMs) / 1_000;
    const overrun = this.#queueBytes > room;
    this.#queueBytes = Math.min(room, this.#queueBytes);
    for (const [index, flow] of flows.entries()) {
      const capped = wishes[index]! * 1_000 >= flow.capBytesPerSecond * STEP_MS * 0.999;
      this.#grow(flow, delayMs, capped, overrun, wished === 0 ? 0 : wishes[index]! / wished);
    }
    return wishes.map((wish) => (wished === 0 ? 0 : (carried * wish) / wished));
  }

  #grow(flow: Flow, delayMs: number, capped: boolean, overrun: boolean, share: number): void {
    if (overrun && this.#random() < Math.max(0.3, share)) {
      flow.window = Math.max(2 * SEGMENT_BYTES, flow.window * 0.7);
      flow.slowStart = false;
    } else if (!capped) {
      const rounds = STEP_MS / delayMs;
      flow.window += flow.slowStart ? flow.window * rounds : SEGMENT_BYTES * rounds * 4;
    }
  }
}

/** Who else is on the link at a moment. */
export interface Scenario {
  readonly link: LinkShape;
  readonly seconds: number;
  /** The background's server, in bytes per second for each connection. */
  readonly serverCap?: (second: number) => number;
  /** Connections of the background at full speed. */
  readonly connections?: number;
  /** Elastic flows from one second to another. */
  readonly others?: readonly {
    readonly from: number;
    readonly to: number;
    readonly cap?: number;
  }[];
  /** Part of the link's speed that comes and goes at random. */
  readonly noise?: number;
  readonly seed?: number;
  readonly polite?: boolean;
  /** The others are programs of the same machine, whose traffic its counters show. */
  readonly sameMachine?: boolean;
}

export interface Outcome {
  /** Bytes per second of the background, and of all others, in each 100 ms. */
  readonly background: readonly number[];
  readonly others: readonly number[];
  readonly state: PoliteRate;
}

/** What a machine's counters say of a byte: headers of Ethernet, IP and TCP are in them. */
const HEADERS = 1.046;

/** Milliseconds that one entry of an outcome stands for. */
export const SLOT_MS = 100;

/** Lets a scenario pass, with one polite background transfer in it. */
export function runScenario(scenario: Scenario): Outcome {
  return new Run(scenario).run();
}

class Run {
  readonly #scenario: Scenario;
  readonly #link: FluidLink;
  #state: PoliteRate = createPoliteRate(0);
  #own: Flow[] = [];
  #train: TrainLog | undefined;
  #nowMs = 0;
  #tickBytes = 0;
  #othersBytes = 0;
  /** What others got through in the last 100 ms, in bytes, step by step. */
  #heard: readonly number[] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#link = new FluidLink(scenario.link, randomness(scenario.seed ?? 1));
  }

  run(): Outcome {
    const { seconds, others = [], noise = 0, polite = true } = this.#scenario;
    const company = new Map<number, Flow>();
    const background: number[] = [];
    const rest: number[] = [];
    for (let step = 0; this.#nowMs < seconds * 1_000; step += 1) {
      this.#nowMs = step * STEP_MS;
      for (const [index, { from, to, cap }] of others.entries()) {
        const there = this.#nowMs >= from * 1_000 && this.#nowMs < to * 1_000;
        if (!there) company.delete(index);
        else if (!company.has(index)) company.set(index, newFlow(cap));
      }
      this.#prepare();
      const flows = [...this.#own, ...company.values()];
      const got = this.#link.step(flows, noise);
      const own = sum(got.slice(0, this.#own.length));
      this.#take(own);
      this.#othersBytes += sum(got) - own;
      this.#heard = [...this.#heard, sum(got) - own].slice(-SLOT_MS / STEP_MS);
      const slot = Math.floor(this.#nowMs / SLOT_MS);
      background[slot] = (background[slot] ?? 0) + (own * 1_000) / SLOT_MS;
      rest[slot] = (rest[slot] ?? 0) + ((sum(got) - own) * 1_000) / SLOT_MS;
      if (polite && this.#nowMs % POLITE_TICK_MS === 0) this.#tick();
    }
    return { background, others: rest, state: this.#state };
  }

  /** Connections at full speed, one for a train, none in silence. */
  #prepare(): void {
    const { connections = 1, sameMachine = false, serverCap } = this.#scenario;
    const cap = serverCap?.(this.#nowMs / 1_000) ?? Infinity;
    if (sameMachine && this.#state.phase === 'silent' && this.#nowMs >= this.#state.trainAtMs) {
      const others = sum(this.#heard) * (1_000 / SLOT_MS);
      this.#state = observeSilence(this.#state, others, this.#nowMs);
    }
    const turn = turnOf(this.#state, 'origin', this.#nowMs);
    // A transfer begins with one connection, and takes more once it knows what that is worth.
    const full = this.#nowMs < 500 ? 1 : connections;
    const count = turn.kind === 'free' ? full : turn.kind === 'train' ? 1 : 0;
    if (turn.kind === 'train' && this.#train === undefined) {
      this.#own = [];
      this.#board(turn.bytes);
    }
    const flows = this.#own.slice(0, count);
    while (flows.length < count) flows.push(newFlow(cap));
    this.#own = flows.map((flow) => ({ ...flow, capBytesPerSecond: cap }));
  }

  #board(bytes: number): void {
    if (!this.#state.warm) this.#state = depart(this.#state, this.#nowMs);
    this.#train = trainOf(bytes, this.#nowMs);
  }

  #take(bytes: number): void {
    this.#tickBytes += bytes;
    if (this.#train === undefined || bytes === 0) return;
    this.#train = seeBytes(this.#train, bytes, this.#nowMs);
    if (this.#train.bytes < this.#train.wanted) return;
    const seen = { origin: 'origin', ...speedOf(this.#train) };
    this.#train = undefined;
    this.#state = observeTrain(this.#state, seen, this.#nowMs);
    const turn = turnOf(this.#state, 'origin', this.#nowMs);
    if (this.#state.phase === 'train' && turn.kind === 'train') this.#board(turn.bytes);
  }

  #tick(): void {
    const { connections = 1, sameMachine = false } = this.#scenario;
    this.#state = observeTick(this.#state, {
      nowMs: this.#nowMs,
      ms: POLITE_TICK_MS,
      bytes: this.#tickBytes,
      received: sameMachine ? this.#othersBytes + this.#tickBytes * HEADERS : undefined,
      origin: connections === 1 || this.#nowMs <= 500 ? 'origin' : undefined,
      judged: true,
      changed: false,
    });
    this.#tickBytes = 0;
    this.#othersBytes = 0;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
