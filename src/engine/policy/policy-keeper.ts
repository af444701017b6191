import type { SharedRates } from '../../core/bandwidth/share-out.ts';
import { effectiveLimits, type EffectiveLimits } from '../../core/policy/effective-limits.ts';
import { isPolite, type Policies } from '../../core/policy/policies.ts';
import type { Clock } from '../../ports/clock.ts';
import { localMoment } from './local-moment.ts';

/**
 * Longest time before the hours of the day are looked at again: somebody may set the clock, and
 * summer time begins in the middle of a night.
 */
const LOOK_AGAIN_MS = 60_000;

export interface PolicyKeeperOptions {
  readonly clock: Clock;
  readonly policies: Policies;
  /** The bandwidth of the link as measured; undefined before it was. */
  readonly measured: () => number | undefined;
  /** Puts rates in force. */
  readonly setRates: (rates: SharedRates) => void;
  /** Says whether background transfers make room for traffic that no limit knows of. */
  readonly setPolite: (polite: boolean) => void;
}

/** Keeps the policies, and the limits that follow from them as time goes by. */
export class PolicyKeeper {
  readonly #options: PolicyKeeperOptions;
  #policies: Policies;
  #limits: EffectiveLimits;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: PolicyKeeperOptions) {
    this.#options = options;
    this.#policies = options.policies;
    this.#limits = this.#renew();
  }

  get policies(): Policies {
    return this.#policies;
  }

  /** The limits in force, and the rules that set them. */
  get limits(): EffectiveLimits {
    return this.#limits;
  }

  apply(policies: Policies): void {
    this.#policies = policies;
    this.#limits = this.#renew();
  }

  /** The bandwidth of the link was measured anew. */
  measured(): void {
    const { foreground, background, linkBytesPerSecond } = this.#policies;
    const relative = [foreground, background].some(
      ({ percent, hours }) => percent !== undefined || hours !== undefined,
    );
    if (relative && linkBytesPerSecond === undefined) this.#limits = this.#renew();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  #renew(): EffectiveLimits {
    const { clock, measured, setPolite, setRates } = this.#options;
    const limits = effectiveLimits(this.#policies, {
      moment: localMoment(clock.wallMs()),
      measuredBytesPerSecond: measured(),
    });
    setRates({
      total: limits.total.bytesPerSecond,
      foreground: limits.foreground.bytesPerSecond,
      background: limits.background.bytesPerSecond,
    });
    setPolite(isPolite(this.#policies));
    this.#cancelTimer?.();
    this.#cancelTimer =
      limits.nextChangeMs === undefined || this.#closed
        ? undefined
        : clock.after(Math.min(limits.nextChangeMs, LOOK_AGAIN_MS), () => {
            this.#limits = this.#renew();
          });
    return limits;
  }
}
