import { resolve } from 'node:path';

import envPaths from 'env-paths';

/**
 * Where jobs are kept unless the caller says otherwise: `HAULYARD_DATA_DIR`, else the directory
 * systemd gave the unit (`STATE_DIRECTORY`), else the place the platform has for a user's data, such
 * as `~/.local/share/haulyard`.
 *
 * @returns an absolute path; nothing is created
 */
export function defaultDataDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const named = environment['HAULYARD_DATA_DIR'];
  if (named !== undefined && named !== '') return resolve(named);
  // A unit may be given several state directories, joined by colons; the first one is the main one.
  const [state] = environment['STATE_DIRECTORY']?.split(':') ?? [];
  if (state !== undefined && state !== '') return resolve(state);
  return envPaths('haulyard', { suffix: '' }).data;
}
