import {
  NoAnswerError,
  type HttpAnswer,
  type HttpRequest,
  type HttpSender,
} from '../rest/http-sender.ts';

export interface FetchSenderOptions {
  /** Base of every path, such as `http://127.0.0.1:8490`; empty for the page's own origin. */
  readonly url: string;
  readonly token?: string | undefined;
}

/** Sends with `fetch`, which browsers have. */
export function fetchSender({ url, token }: FetchSenderOptions): HttpSender {
  const base = url.replace(/\/+$/, '');
  return async (request) => {
    const response = await attempt(base, token, request);
    const { status, headers, body } = response;
    return {
      status,
      headers: Object.fromEntries(headers),
      body: chunksOf(body),
    } satisfies HttpAnswer;
  };
}

async function attempt(
  base: string,
  token: string | undefined,
  { method, path, headers, body, signal }: HttpRequest,
): Promise<Response> {
  try {
    return await fetch(base + path, {
      method,
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
      // The token goes to the address it was given for and to no other.
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
    });
  } catch (cause) {
    signal.throwIfAborted();
    // A browser does not tell a refusal from a connection that broke.
    throw new NoAnswerError({ refused: true, keptConnection: false, cause });
  }
}

/** A reader instead of the stream's own iterator, which not every browser has. */
async function* chunksOf(body: Response['body']): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}
