import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';

/** Name of the stored secret that HttpCustomAuthHeaders is. */
export const AUTH_HEADERS_SECRET = 'authHeaders';

/** Name of the stored secret that SecurityContext is, in hexadecimal. */
export const SECURITY_CONTEXT_SECRET = 'securityContext';

/** Deletes the secrets of a download that is over. */
export function forgetSecrets(engine: Engine, live: LiveJob): void {
  for (const name of [AUTH_HEADERS_SECRET, SECURITY_CONTEXT_SECRET]) {
    engine.ports.store.saveSecret(live.id, name, undefined);
  }
}
