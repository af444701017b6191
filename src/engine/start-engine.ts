import type { IBackgroundCopyManager } from '../core/interfaces/manager.ts';
import type { Ports } from '../ports/ports.ts';
import { discardFiles } from './discard-files.ts';
import { Engine, type EngineSettings } from './engine.ts';
import { BackgroundCopyManager } from './interfaces/manager.ts';
import { recover } from './recover.ts';
import { Scheduler } from './scheduler.ts';

/**
 * Puts an engine together on the given world and lets it go on where the last one stopped.
 *
 * @param closePorts - closes the world, once nothing uses it any more
 */
export function startEngine(
  ports: Ports,
  settings: EngineSettings,
  closePorts: () => Promise<void>,
): IBackgroundCopyManager {
  const engine = new Engine(ports, settings, {
    makeScheduler: (made) => new Scheduler(made),
    discardFiles,
  });
  const endSweep = recover(engine);
  let closing: Promise<void> | undefined;
  return new BackgroundCopyManager(engine, () => {
    closing ??= (async () => {
      endSweep();
      try {
        await engine.close();
      } finally {
        await closePorts();
      }
    })();
    return closing;
  });
}
