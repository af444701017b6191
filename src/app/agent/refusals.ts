import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { AgentRequest } from './request-reader.ts';

const LOOPBACK_V4 = /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i;
const LOOPBACK_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

/** Whether an address of a peer is in 127.0.0.0/8, also when written as IPv6. */
export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && LOOPBACK_V4.test(address);
}

/**
 * Refuses what a web page can send and a client of the agent never does: an `Origin`, or a host name
 * that somebody has pointed at this machine. There is no other protection on this listener.
 *
 * @param authority - host and port of a target in absolute form
 * @throws E_INVALIDARG
 */
export function refuseWebPages(
  headers: AgentRequest['headers'],
  authority: string | undefined,
): void {
  const hosts = headers.filter(([name]) => name === 'host').map(([, value]) => value);
  if (authority !== undefined) hosts.push(authority);
  const foreign = hosts.find((host) => !LOOPBACK_HOST.test(host));
  if (foreign !== undefined) {
    const shown = JSON.stringify(foreign.slice(0, 64));
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      `The host ${shown} is not this machine; ask 127.0.0.1.`,
    );
  }
  if (headers.some(([name]) => name === 'origin')) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      'The request comes from a web page (it has an Origin), which may not use this interface.',
    );
  }
}
