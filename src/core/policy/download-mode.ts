import { DOWNLOAD_MODE } from '../constants.ts';

/** What people call the download modes (policies.md 1.2); the numbers are those of DODownloadMode. */
export const DOWNLOAD_MODE_NAMES: Readonly<Record<DownloadModeName, DOWNLOAD_MODE>> = {
  off: DOWNLOAD_MODE.CdnOnly,
  lan: DOWNLOAD_MODE.Lan,
  group: DOWNLOAD_MODE.Group,
  internet: DOWNLOAD_MODE.Internet,
  simple: DOWNLOAD_MODE.Simple,
  bypass: DOWNLOAD_MODE.Bypass,
};
export type DownloadModeName = 'off' | 'lan' | 'group' | 'internet' | 'simple' | 'bypass';

/** The mode a number or a name stands for, names in any case; undefined for anything else. */
export function parseDownloadMode(value: string | number): DOWNLOAD_MODE | undefined {
  const entry = Object.entries(DOWNLOAD_MODE_NAMES).find(
    ([name, mode]) => mode === value || String(mode) === value || name === lowerCase(value),
  );
  return entry?.[1];
}

/** The name of a mode. */
export function downloadModeName(mode: DOWNLOAD_MODE): DownloadModeName {
  switch (mode) {
    case DOWNLOAD_MODE.CdnOnly:
      return 'off';
    case DOWNLOAD_MODE.Lan:
      return 'lan';
    case DOWNLOAD_MODE.Group:
      return 'group';
    case DOWNLOAD_MODE.Internet:
      return 'internet';
    case DOWNLOAD_MODE.Simple:
      return 'simple';
    case DOWNLOAD_MODE.Bypass:
      return 'bypass';
  }
}

/** A mode as it is used, which may be another than the one configured (policies.md 1.7, rule 6). */
export interface EffectiveMode {
  readonly configured: DOWNLOAD_MODE;
  readonly effective: DOWNLOAD_MODE;
  /** A sentence saying why they differ; undefined when they do not. */
  readonly reason: string | undefined;
}

/**
 * The mode in which downloads really run.
 *
 * @param peers - whether this engine can exchange bytes with peers at all
 */
export function effectiveMode(configured: DOWNLOAD_MODE, peers: boolean): EffectiveMode {
  if (configured === DOWNLOAD_MODE.Bypass) {
    const reason = 'There is no second transfer service to hand downloads over to.';
    return { configured, effective: DOWNLOAD_MODE.Simple, reason };
  }
  if (!peers && configured !== DOWNLOAD_MODE.Simple) {
    const reason = 'Nothing is exchanged with peers, and no piece hashes are checked.';
    return { configured, effective: DOWNLOAD_MODE.Simple, reason };
  }
  return { configured, effective: configured, reason: undefined };
}

function lowerCase(value: string | number): string | undefined {
  return typeof value === 'string' ? value.toLowerCase() : undefined;
}
