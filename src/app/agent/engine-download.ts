import { basename } from 'node:path';

import { DODownloadProperty, DODownloadState } from '../../core/constants.ts';
import { isDeliveryOptimizationError, unexpected } from '../../core/errors.ts';
import type { IDODownload, IDOManager } from '../../core/interfaces/download.ts';
import { MAX_DISPLAY_NAME_CHARACTERS } from '../../core/limits.ts';

/** What is needed to have the engine download something. */
export interface EngineHost {
  readonly manager: IDOManager;
  /** Whether downloads are foreground ones. */
  readonly foreground: boolean;
  readonly warn: (message: string) => void;
}

export interface EnginePlan {
  readonly uri: string;
  /** Where the engine delivers. */
  readonly localPath: string;
  /** Shown to people: where the file ends up. */
  readonly displayName: string;
  readonly noProgressSeconds: number;
  /** Called after every change of status. */
  readonly changed: () => void;
  /** Stores the id of the engine's download. Until it has resolved, a crash forgets that download. */
  readonly created: (engineId: string) => Promise<void>;
}

/** Makes a download of the engine and starts it; on a failure none is left behind. */
export async function launchEngine(host: EngineHost, plan: EnginePlan): Promise<IDODownload> {
  const engine = await host.manager.createDownload();
  try {
    const name = plan.displayName.slice(-MAX_DISPLAY_NAME_CHARACTERS);
    await engine.setProperty(DODownloadProperty.DisplayName, name || basename(plan.localPath));
    await engine.setProperty(DODownloadProperty.Uri, plan.uri);
    await engine.setProperty(DODownloadProperty.LocalPath, plan.localPath);
    await engine.setProperty(DODownloadProperty.NoProgressTimeoutSeconds, plan.noProgressSeconds);
    await engine.setProperty(DODownloadProperty.ForegroundPriority, host.foreground);
    await watchEngine(engine, plan.changed);
    await plan.created(await engineIdOf(engine));
    // Only now: one that nobody has a record of must not outlive this process.
    await engine.setProperty(DODownloadProperty.NonVolatile, true);
    await engine.start({ ranges: [] });
    return engine;
  } catch (error) {
    await abortEngine(engine).catch((second: unknown) => {
      host.warn(`A download that could not be started is left behind: ${String(second)}`);
    });
    throw error;
  }
}

/** The id of a download of the engine, lower-case UUID text. */
export async function engineIdOf(engine: IDODownload): Promise<string> {
  const id = await engine.getProperty(DODownloadProperty.Id);
  if (typeof id === 'string') return id;
  throw unexpected('A download of the engine has no id.');
}

/** Has `changed` called after every change of the download's status. */
export async function watchEngine(
  engine: IDODownload | undefined,
  changed: () => void,
): Promise<void> {
  await engine?.setProperty(DODownloadProperty.CallbackInterface, {
    onStatusChange(_download, { state }) {
      if (state === DODownloadState.Transferred) changed();
    },
  });
}

/** Ends a download of the engine, which may have ended by itself. */
export async function abortEngine(engine: IDODownload): Promise<void> {
  try {
    await engine.abort();
  } catch (error) {
    const isOver =
      isDeliveryOptimizationError(error) &&
      (error.code === 'DO_E_INVALID_STATE' || error.code === 'E_NOT_SET');
    if (!isOver) throw error;
  }
}
