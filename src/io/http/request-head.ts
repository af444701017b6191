import { originOf } from '../../core/http/url.ts';
import type { HttpRequest } from '../../ports/http-transport.ts';

/** Fields with a meaning for the connection, which the HTTP client decides about (RFC 9110 §7.6.1). */
const CONNECTION_FIELDS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^[\x21-\x7e]+$/;

/** Path and query exactly as given: parsing them would escape and resolve (http.md 2). */
export function requestTarget(url: string): string {
  const [target = ''] = url.replace(/^[^:]*:\/\/[^/?#]*/, '').split('#', 1);
  return target.startsWith('/') ? target : `/${target}`;
}

/**
 * The head of a GET as it goes out, or undefined when something in it is for the general client to
 * judge: fields of the connection, and text that could end a line.
 */
export function requestHead({ method, url, headers }: HttpRequest): string | undefined {
  const target = requestTarget(url);
  if (method !== 'GET' || !TARGET.test(target)) return undefined;
  let host = originOf(url).replace(/^https?:\/\//, '');
  let fields = '';
  for (const [name, value] of headers) {
    if (!TOKEN.test(name) || !VALUE.test(value)) return undefined;
    const lower = name.toLowerCase();
    if (CONNECTION_FIELDS.has(lower)) return undefined;
    if (lower === 'host') host = value;
    else fields += `${name}: ${value}\r\n`;
  }
  return `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n${fields}\r\n`;
}
