import { resolve } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';

/**
 * Where jobs are kept unless the caller says otherwise: `HAULYARD_DATA_DIR`, else the directory
 * systemd gave the unit (`STATE_DIRECTORY`), else the place the platform has for a user's data, such
 * as `~/.local/share/haulyard`.
 *
 * @returns an absolute path; nothing is created
 * @throws E_INVALIDARG for a user without a home directory, when nothing else names one
 */
export async function defaultDataDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const named = environment['HAULYARD_DATA_DIR'];
  if (named !== undefined && named !== '') return resolve(named);
  // A unit may be given several state directories, joined by colons; the first one is the main one.
  const [state] = environment['STATE_DIRECTORY']?.split(':') ?? [];
  if (state !== undefined && state !== '') return resolve(state);
  try {
    // It asks for the home directory as soon as it is loaded.
    const { default: envPaths } = await import('env-paths');
    return envPaths('haulyard', { suffix: '' }).data;
  } catch (cause) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      'This user has no home directory: name a data directory with HAULYARD_DATA_DIR or --data-dir.',
      { cause },
    );
  }
}
