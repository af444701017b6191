import { DeliveryOptimizationError } from '../../../core/errors.ts';
import { checkRemoteUrl } from '../../../core/http/url.ts';
import { type ValueType, found, valueType } from './value-type.ts';

/** An address to listen on. */
export interface ListenAddress {
  /** A loopback address or `localhost`; IPv6 without brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const HOST_PORT = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)(?::(\d{1,5}))?$/i;

/** `host` or `host:port`, in lower case; IPv6 in brackets. */
export const hostAndPort: ValueType<string> = valueType(
  'a host or host:port, such as "cache.example.com" or "10.0.0.1:8080", without "http://"',
  (raw) => {
    const parts = hostParts(raw);
    return parts === undefined ? undefined : { value: String(raw).trim().toLowerCase() };
  },
);

/** A loopback address with a port, or false: the only places where TCP is offered. */
export const loopbackAddress: ValueType<ListenAddress | false> = valueType<ListenAddress | false>(
  'false, or a loopback address with its port, such as "127.0.0.1:7755" or "[::1]:7755"',
  (raw) => {
    if (raw === false) return { value: false };
    const parts = hostParts(raw);
    if (parts?.port === undefined) return undefined;
    const host = parts.host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    if (!isLoopback(host)) {
      return {
        problem: `${host} is not a loopback address; the service is for this machine alone`,
      };
    }
    return { value: { host, port: parts.port } };
  },
  (text) => (/^(false|off|no)$/i.test(text.trim()) ? false : text),
);

/** An origin as browsers send it: scheme, host and port. */
export const webOrigin: ValueType<string> = valueType(
  'an origin, such as "https://tools.example.com" or "http://localhost:8080"',
  (raw) => {
    if (typeof raw !== 'string' || !URL.canParse(raw)) return undefined;
    const { origin, protocol } = new URL(raw);
    const same = raw.toLowerCase().replace(/\/$/, '') === origin;
    return found(same && /^https?:$/.test(protocol) ? origin : undefined);
  },
);

/** An absolute http or https URL without user-info. */
export const webUrl: ValueType<string> = valueType(
  'an http or https URL without user name and password',
  (raw) => {
    if (typeof raw !== 'string') return undefined;
    try {
      return { value: checkRemoteUrl(raw) };
    } catch (error) {
      if (!(error instanceof DeliveryOptimizationError)) throw error;
      return undefined;
    }
  },
);

function hostParts(
  raw: unknown,
): { readonly host: string; readonly port: number | undefined } | undefined {
  if (typeof raw !== 'string') return undefined;
  const [, host, digits] = HOST_PORT.exec(raw.trim()) ?? [];
  if (host === undefined || host.includes('..')) return undefined;
  // The parser of URLs knows which addresses are real: "1.2.3.400" and "[::g]" are not.
  if (!URL.canParse(`http://${host}/`)) return undefined;
  const port = digits === undefined ? undefined : Number(digits);
  return port !== undefined && port > 65_535 ? undefined : { host, port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
