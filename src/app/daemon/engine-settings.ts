import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MIN_SPLIT_BYTES } from '../../core/limits.ts';
import type { AdjustableSettings, EngineSettings } from '../../engine/engine.ts';
import { packageVersion } from '../../package-version.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { retryPolicyOf } from '../config/policies-of.ts';
import { ownUser } from '../config/own-user.ts';

/** What the configuration makes of an engine at its start. */
export function engineSettings(
  loaded: LoadedConfig,
  onWarning: (message: string) => void,
): EngineSettings {
  const { values } = loaded;
  return {
    ...adjustableSettings(values),
    transfer: {
      pieceSizeBytes: values.http.pieceSizeBytes,
      minSplitBytes: MIN_SPLIT_BYTES,
      connectionsPerFile: values.http.connectionsPerOrigin,
      userAgent: values.http.userAgent ?? `haulyard/${packageVersion()}`,
    },
    maxBytesPerSecond: undefined,
    policies: loaded.policies(),
    owner: ownUser(),
    startInterrupted: values.daemon.startInterrupted,
    historyMs: values.jobs.historyMs,
    streamDirectory: join(values.daemon.dataDir, 'streams'),
    onWarning,
  };
}

/** What of the settings a running engine takes anew. */
export function adjustableSettings({ jobs, http }: Config): AdjustableSettings {
  return {
    slots: {
      foregroundSlots: jobs.foregroundSlots,
      backgroundSlots: jobs.backgroundSlots,
      timeSliceMs: jobs.timeSliceMs,
    },
    retry: retryPolicyOf(http),
    connectionsPerOrigin: http.connectionsPerOrigin,
  };
}

/** The certificates of a file in place of the built-in ones; undefined without a file. */
export async function authorities(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readFile(file, 'utf8');
}
