import { createHmac } from 'node:crypto';
import { request } from 'undici';

import { DeliveryOptimizationError, maskUrl } from '../../core/errors.ts';
import type { Hook, HookDelivery } from '../../ports/hook.ts';

/** A URL that is told of events. */
export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  /** The key of the signatures, read for each delivery. */
  readonly secret: () => Promise<string>;
  readonly wants: Hook['wants'];
  /** The body, as JSON. */
  readonly describe: (delivery: HookDelivery) => unknown;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** Wall-clock milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Product token sent as User-Agent. */
  readonly userAgent: string;
}

/**
 * Posts each event, signed as the Standard Webhooks specification says: `webhook-id`,
 * `webhook-timestamp` (seconds) and `webhook-signature`, which is `v1,` and the base64 of the
 * HMAC-SHA256 over `id.timestamp.body`. Any 2xx takes the event. Redirects are not followed: they
 * would send facts of jobs to an address nobody has configured.
 */
export function webhook(options: WebhookOptions): Hook {
  const { name, url, secret, wants, describe, timeoutMs, wallMs, userAgent } = options;
  return {
    name,
    wants,
    async deliver(delivery, signal) {
      const body = JSON.stringify(describe(delivery));
      const id = `evt_${delivery.event.sequence}`;
      const timestamp = String(Math.floor(wallMs() / 1_000));
      const key = await secret();
      const signature = sign(key, `${id}.${timestamp}.${body}`);
      const { statusCode } = await post(
        url,
        {
          'content-type': 'application/json',
          'user-agent': userAgent,
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
        body,
        AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        signal,
      );
      if (statusCode >= 200 && statusCode <= 299) return;
      throw refused(url, `answered HTTP ${statusCode}`);
    },
  };
}

/** The signature as its receiver computes it. */
export function sign(key: string, signed: string): string {
  return createHmac('sha256', bytesOfKey(key)).update(signed).digest('base64');
}

/** Libraries for Standard Webhooks write keys as `whsec_` and base64; any other text is its own bytes. */
function bytesOfKey(key: string): string | Buffer {
  const prefix = 'whsec_';
  return key.startsWith(prefix) ? Buffer.from(key.slice(prefix.length), 'base64') : key;
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
  ending: AbortSignal,
): Promise<{ readonly statusCode: number }> {
  try {
    const answer = await request(url, { method: 'POST', headers, body, signal });
    await answer.body.dump({ limit: 65_536 });
    return answer;
  } catch (cause) {
    ending.throwIfAborted();
    throw refused(
      url,
      `could not be told: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

function refused(url: string, how: string, cause?: unknown): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_FAIL', `${maskUrl(url)} ${how}.`, {
    cause,
    failureClass: 'transient',
  });
}
