import type { EffectiveLimits } from '../../core/policy/effective-limits.ts';
import type { Policies } from '../../core/policy/policies.ts';
import type { Ports } from '../../ports/ports.ts';
import { BandwidthGate } from '../transfer/bandwidth-gate.ts';
import { CacheHostBans } from '../transfer/cache-host-bans.ts';
import { PolicyKeeper } from './policy-keeper.ts';
import { TrafficMeter } from './traffic-meter.ts';

/** What all transfers of an engine obey and are counted by. */
export class TransferPolicy {
  readonly gate: BandwidthGate;
  readonly meter: TrafficMeter;
  readonly cacheBans: CacheHostBans = new CacheHostBans();
  readonly #keeper: PolicyKeeper;

  /** @param attempt - runs what may fail, and tells of the failure */
  constructor(
    { clock, machineTraffic, store }: Pick<Ports, 'clock' | 'machineTraffic' | 'store'>,
    policies: Policies,
    attempt: (what: string, task: () => void) => void,
  ) {
    const unlimited = { total: undefined, foreground: undefined, background: undefined };
    this.gate = new BandwidthGate(clock, unlimited, machineTraffic);
    this.meter = new TrafficMeter({
      clock,
      ledger: () => store.traffic,
      holds: () => this.gate.holds,
      attempt,
      measured: () => this.#keeper.measured(),
    });
    this.#keeper = new PolicyKeeper({
      clock,
      policies,
      measured: () => this.meter.linkBytesPerSecond,
      setRates: (rates) => this.gate.setRates(rates),
      setPolite: (polite) => this.gate.setPolite(polite),
    });
  }

  get policies(): Policies {
    return this.#keeper.policies;
  }

  /** The limits in force just now, and the rules that set them. */
  get limits(): EffectiveLimits {
    return this.#keeper.limits;
  }

  apply(policies: Policies): void {
    this.#keeper.apply(policies);
  }

  /** Counts what has arrived so far; to be called once nothing arrives any more. */
  close(): void {
    this.#keeper.close();
    this.meter.flush();
  }
}
