import { request as httpRequest } from 'node:http';

/** A request as a test words it. */
export interface ApiRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is text already. */
  readonly body?: unknown;
  /** Bearer token; null sends none. */
  readonly token?: string | null;
  readonly port?: number;
  /** Goes to this socket in place of a port. */
  readonly socketPath?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly json: any;
}

/** Sends a request exactly as told, and reads the whole answer. */
export function sendRequest(wanted: ApiRequest): Promise<ApiAnswer> {
  const { method = 'GET', path, headers = {}, body, token, port, socketPath } = wanted;
  const payload =
    body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        method,
        path,
        agent: false,
        ...(socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath }),
        headers: {
          ...(token === undefined || token === null || socketPath !== undefined
            ? {}
            : { authorization: `Bearer ${token}` }),
          ...(payload === undefined
            ? {}
            : {
                'content-type': 'application/json',
                'content-length': String(Buffer.byteLength(payload)),
              }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: parsed(text),
          });
        });
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every answer is JSON; a test that expects one looks at `json` and finds nothing.
    return undefined;
  }
}
