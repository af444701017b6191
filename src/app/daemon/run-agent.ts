import { join } from 'node:path';

import { DODownloadProperty } from '../../core/constants.ts';
import type { IDOManager } from '../../core/interfaces/download.ts';
import type { Job } from '../../core/job/job.ts';
import { isForeground } from '../../core/job/step.ts';
import type { CacheHostRules } from '../../core/picker/cache-hosts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PartialFiles } from '../../ports/partial-files.ts';
import type { AgentSettings } from '../agent/config-values.ts';
import { openIdoDownloads } from '../agent/ido-downloads.ts';
import { startAgent } from '../agent/start-agent.ts';
import type { AgentConfig } from '../config/config.ts';
import { idsOf } from './users.ts';

/** Marks the downloads of the agent's clients: their cache hosts are those of the agent's own files. */
const AGENT_MARK = 'do-agent';

/** The user that the agent itself runs as (do-client-rest.md 1). */
const AGENT_USER = 'do';

export interface RunAgentOptions {
  /** Downloads of a user, and files with the rights of one. */
  readonly downloadsOf: (user: string) => IDOManager;
  readonly filesOf: (user: string) => Pick<PartialFiles, 'checkTarget'>;
  /** The user the service runs as. */
  readonly ownUser: string;
  readonly config: AgentConfig;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** The listener for the agent's clients, at work. */
export interface ServiceAgent extends AsyncDisposable {
  readonly port: number;
  /** The cache hosts that the agent's files name, for a job of one of its clients. */
  cacheHostsFor(job: Job): CacheHostRules | undefined;
  reload(): Promise<unknown>;
}

/** Serves the agent's clients with the engine of this service. */
export async function runAgent(options: RunAgentOptions): Promise<ServiceAgent> {
  const { config, dataDir, clock, warn } = options;
  await using opened = new AsyncDisposableStack();
  const user = await agentUser(options);
  const files = options.filesOf(user);
  const downloads = opened.use(
    await openIdoDownloads({
      manager: marked(options.downloadsOf(user)),
      checkTarget: (path) => files.checkTarget(path),
      directory: join(dataDir, 'agent'),
      warn,
    }),
  );
  let settings: AgentSettings | undefined;
  const agent = opened.use(
    await startAgent({
      downloads,
      runDir: config.runDir,
      configDir: config.configDir,
      logDir: config.logDir,
      clock,
      warn,
      onSettings: (read) => (settings = read),
    }),
  );
  const resources = opened.move();
  return {
    port: agent.port,
    cacheHostsFor(job) {
      const hosts = settings?.cacheHosts ?? [];
      if (hosts.length === 0 || !isMarked(job)) return undefined;
      const seconds = isForeground(job)
        ? settings?.fallbackDelayForegroundSeconds
        : settings?.fallbackDelayBackgroundSeconds;
      return { hosts, delayMs: seconds === undefined || seconds < 0 ? seconds : seconds * 1_000 };
    },
    reload: () => agent.reload(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/**
 * Whom the downloads of the agent's clients belong to. Nobody tells who is at the other end of a
 * connection, so a service that runs as root works for them with the rights of the agent's own user.
 */
async function agentUser({ ownUser, warn }: RunAgentOptions): Promise<string> {
  if (process.getuid?.() !== 0) return ownUser;
  if ((await idsOf(AGENT_USER)) !== undefined) return AGENT_USER;
  warn(
    `The service runs as root and this machine has no user "${AGENT_USER}": every program of the ` +
      `machine can have files made with root's rights through the agent's listener. Make that user, or run ` +
      `the service as another one.`,
  );
  return ownUser;
}

function marked(manager: IDOManager): IDOManager {
  return {
    async createDownload() {
      const download = await manager.createDownload();
      await download.setProperty(DODownloadProperty.CorrelationVector, AGENT_MARK);
      return download;
    },
    enumDownloads: (category) => manager.enumDownloads(category),
  };
}

function isMarked({ download }: Job): boolean {
  return download?.properties[DODownloadProperty.CorrelationVector] === AGENT_MARK;
}
