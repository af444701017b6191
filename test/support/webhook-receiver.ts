import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One delivery as it came in. */
export interface Delivery {
  readonly id: string;
  readonly timestamp: number;
  /** The signature is the one its receiver computes. */
  readonly isSigned: boolean;
  readonly path: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into what is sent
  readonly body: any;
}

/** A server that webhooks are sent to. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly port: number;
  /** What was taken, that is, answered with 204. */
  readonly taken: readonly Delivery[];
  /** What came while it answered with 503. */
  readonly refused: readonly Delivery[];
  setBusy(busy: boolean): void;
}

/**
 * Receives webhooks and checks their signatures as the Standard Webhooks specification says.
 *
 * @param secret - the bytes of the key
 * @param port - a free one unless told, so that it can be down first and come up later
 */
export async function receiveWebhooks(secret: string | Buffer, port = 0): Promise<WebhookReceiver> {
  const taken: Delivery[] = [];
  const refused: Delivery[] = [];
  let isBusy = false;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { headers } = request;
      const id = String(headers['webhook-id']);
      const stamp = String(headers['webhook-timestamp']);
      const signed = createHmac('sha256', secret).update(`${id}.${stamp}.${text}`).digest('base64');
      (isBusy ? refused : taken).push({
        id,
        timestamp: Number(stamp),
        isSigned: headers['webhook-signature'] === `v1,${signed}`,
        path: String(request.url),
        body: JSON.parse(text),
      });
      response.writeHead(isBusy ? 503 : 204).end();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    refused,
    setBusy: (busy) => void (isBusy = busy),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
