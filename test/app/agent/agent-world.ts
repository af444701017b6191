import {
  startAgent,
  type RunningAgent,
  type StartAgentOptions,
} from '../../../src/app/agent/start-agent.ts';
import { systemClock } from '../../../src/io/system/system-clock.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.ts';
import { FakeAgentDownloads } from './fake-agent-downloads.ts';

/** A listener in a directory of its own, on fake downloads. */
export interface AgentWorld extends AsyncDisposable {
  readonly agent: RunningAgent;
  readonly downloads: FakeAgentDownloads;
  readonly warnings: string[];
  readonly directory: TemporaryDirectory;
}

export async function openAgentWorld(
  options: Partial<StartAgentOptions> = {},
): Promise<AgentWorld> {
  const directory = await temporaryDirectory();
  const downloads = new FakeAgentDownloads();
  const warnings: string[] = [];
  const agent = await startAgent({
    downloads,
    runDir: directory.join('run'),
    configDir: directory.join('etc'),
    logDir: directory.join('log'),
    clock: systemClock,
    warn(message) {
      warnings.push(message);
    },
    ...options,
  });
  return {
    agent,
    downloads,
    warnings,
    directory,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
