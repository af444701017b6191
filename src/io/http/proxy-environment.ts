import { DeliveryOptimizationError } from '../../core/errors.ts';

/** Variables of a process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Proxies by scheme, as URLs; undefined is none. */
export interface Proxies {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are asked without one, as `no_proxy` has them. */
  readonly except: string;
}

/**
 * The proxies of `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, lower case first
 * (http.md 8).
 *
 * @throws DeliveryOptimizationError E_INVALIDARG that names the variable when it is no proxy's URL
 */
export function proxiesOf(environment: Environment): Proxies {
  const variable = (name: string): string | undefined =>
    environment[name] || environment[name.toUpperCase()] || undefined;
  const proxy = (name: string): string | undefined => proxyUrl(name, variable(name));
  const all = proxy('all_proxy');
  return {
    http: proxy('http_proxy') ?? all,
    https: proxy('https_proxy') ?? all,
    except: variable('no_proxy') ?? '',
  };
}

/** A host and port without a scheme is an http proxy, as in curl. */
function proxyUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (/^https?:/i.test(text) && URL.canParse(text)) return text;
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `The environment variable ${name} does not name a proxy such as http://host:port.`,
  );
}
