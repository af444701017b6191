import type { FastifyInstance } from 'fastify';

import { Refusal } from './refusal.ts';

/**
 * Reads bodies as JSON and nothing else. No body at all is `undefined`, also with a media type, as
 * many clients send one with every POST.
 */
export function readJsonBodies(app: FastifyInstance, maxDepth: number): void {
  // Refuses `__proto__` and `constructor.prototype` as keys.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request, body: Buffer, done) => {
      if (body.length === 0) {
        done(null, undefined);
        return;
      }
      try {
        const text = decode(body);
        assertShallow(text, maxDepth);
        void parse(request, text, (error, value) => {
          if (error === null) done(null, value);
          else done(malformed('The body is not valid JSON.', error));
        });
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw malformed('The body is not valid UTF-8.', error);
  }
}

/** Nesting is counted before parsing: whoever walks the value afterwards may do so by recursion. */
function assertShallow(text: string, maxDepth: number): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === BACKSLASH) index += 1;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === OPEN_BRACKET || character === OPEN_BRACE) {
      depth += 1;
      if (depth > maxDepth) {
        throw malformed(`The body is nested more than ${maxDepth} levels deep.`);
      }
    } else if (character === CLOSE_BRACKET || character === CLOSE_BRACE) depth -= 1;
  }
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

function malformed(message: string, cause?: unknown): Refusal {
  return new Refusal(400, 'E_INVALIDARG', message, {
    issues: [{ path: 'body', message }],
    cause,
  });
}
