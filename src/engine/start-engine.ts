import type { HaulyardManager } from '../core/interfaces/haulyard-manager.ts';
import type { Ports } from '../ports/ports.ts';
import { discardFiles } from './discard-files.ts';
import { Engine, type EngineSettings } from './engine.ts';
import { BackgroundCopyManager } from './interfaces/manager.ts';
import { recover } from './recover.ts';
import { Scheduler } from './scheduler.ts';

/** An engine at work. */
export interface RunningEngine {
  readonly engine: Engine;
  /** Stops every transfer, leaves every job where it is, and closes the world. May be called again. */
  close(): Promise<void>;
}

/**
 * Puts an engine together on the given world and lets it go on where the last one stopped.
 *
 * @param closePorts - closes the world, once nothing uses it any more
 */
export function runEngine(
  ports: Ports,
  settings: EngineSettings,
  closePorts: () => Promise<void>,
): RunningEngine {
  const engine = new Engine(ports, settings, {
    makeScheduler: (made) => new Scheduler(made),
    discardFiles,
  });
  const endSweep = recover(engine);
  let closing: Promise<void> | undefined;
  return {
    engine,
    close: () => {
      closing ??= (async () => {
        endSweep();
        try {
          await engine.close();
        } finally {
          await closePorts();
        }
      })();
      return closing;
    },
  };
}

/** The same, as the manager that a program holds. */
export function startEngine(
  ports: Ports,
  settings: EngineSettings,
  closePorts: () => Promise<void>,
): HaulyardManager {
  const running = runEngine(ports, settings, closePorts);
  return new BackgroundCopyManager(running.engine, () => running.close());
}
