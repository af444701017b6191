import { DOWNLOAD_MODE } from '../../core/constants.ts';
import type { Policies } from '../../core/policy/policies.ts';

/**
 * What an engine obeys that nobody has told anything else: nothing is limited, background jobs
 * make room for others, and no cache host is known.
 */
export const DEFAULT_POLICIES: Policies = {
  downloadMode: DOWNLOAD_MODE.Simple,
  foreground: {},
  background: {},
  backgroundYields: true,
  minBackgroundQosBytesPerSecond: 0,
  cacheHosts: [],
  disallowCacheServerOnVpn: false,
  power: {},
  pauseOnVpn: false,
  disallowCellular: false,
};
