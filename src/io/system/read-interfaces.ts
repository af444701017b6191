import { readFileSync } from 'node:fs';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { join } from 'node:path';

/** The interfaces, as `os.networkInterfaces` gives them. */
export type Interfaces = Partial<Record<string, readonly NetworkInterfaceInfo[]>>;

/** What the interfaces of this machine say of its network. */
export interface InterfaceFacts {
  readonly online: boolean;
  /** Whether every link that carries the network is a cellular one; undefined where nobody can tell. */
  readonly cellular: boolean | undefined;
  readonly vpn: boolean;
}

/** Names that VPN programs give their interfaces: TUN, TAP, WireGuard, macOS, and single products. */
const VPN_NAME = /^(?:tun|tap|wg|utun|ipsec|ppp|tailscale|zt|nordlynx|proton|mullvad|gpd)\d*/i;

/** Words that mark a VPN in the name of an interface wherever they stand (policies.md 1.4). */
const VPN_WORDS = ['vpn', 'secure', 'virtual private network'];

/** Names of mobile broadband interfaces; `ppp` stands for both kinds and counts as a VPN. */
const CELLULAR_NAME = /^(?:wwan|wwp|wwx|rmnet|ccmni|pdp_ip)/i;

/** Link-local addresses are there without any network. */
const LINK_LOCAL = /^(?:fe80:|169\.254\.)/i;

/**
 * Reads the interfaces.
 *
 * @param sysRoot - `/sys`, where Linux says what kind a device is; elsewhere nothing is found there
 * @param keywords - further words that mark a VPN in the name of an interface, compared without case
 */
export function readInterfaces(
  interfaces: () => Interfaces,
  sysRoot: string,
  keywords: readonly string[],
): InterfaceFacts {
  const links = linksOf(interfaces);
  // Sandboxes such as Android's forbid the question. Trying and failing beats never trying.
  if (links === undefined) return { online: true, cellular: undefined, vpn: false };
  const words = [...VPN_WORDS, ...keywords.map((word) => word.trim().toLowerCase())].filter(
    (word) => word !== '',
  );
  const kinds = links.map((link) => kindOf(link, sysRoot, words));
  const carriers = kinds.filter((kind) => kind !== 'vpn');
  return {
    online: links.length > 0,
    cellular: carriers.length > 0 && carriers.every((kind) => kind === 'cellular'),
    vpn: kinds.includes('vpn'),
  };
}

/** Every interface but the loopback one that has an address. */
interface Link {
  readonly name: string;
  /** One of its addresses reaches further than the link itself. */
  readonly routable: boolean;
}

function linksOf(interfaces: () => Interfaces): readonly Link[] | undefined {
  try {
    return Object.entries(interfaces()).flatMap(([name, addresses = []]) => {
      const outside = addresses.filter(({ internal }) => !internal);
      if (outside.length === 0) return [];
      return [{ name, routable: outside.some(({ address }) => !LINK_LOCAL.test(address)) }];
    });
  } catch {
    return undefined;
  }
}

function kindOf(
  { name, routable }: Link,
  sysRoot: string,
  words: readonly string[],
): 'cellular' | 'vpn' | 'other' {
  if (CELLULAR_NAME.test(name) || deviceType(name, sysRoot) === 'wwan') return 'cellular';
  const lower = name.toLowerCase();
  if (words.some((word) => lower.includes(word))) return 'vpn';
  // macOS keeps several utun interfaces for its own services, with link-local addresses only.
  if (routable && VPN_NAME.test(name)) return 'vpn';
  return deviceType(name, sysRoot) === 'wireguard' || isTunnel(name, sysRoot) ? 'vpn' : 'other';
}

/** DEVTYPE of a network device, such as `wwan`, `wlan`, `wireguard`. */
function deviceType(name: string, sysRoot: string): string | undefined {
  const uevent = readSmall(join(sysRoot, 'class/net', name, 'uevent'));
  return /^DEVTYPE=(\S+)$/m.exec(uevent ?? '')?.[1];
}

/** TUN and TAP devices have a file of flags that no other device has. */
function isTunnel(name: string, sysRoot: string): boolean {
  if (readSmall(join(sysRoot, 'class/net', name, 'tun_flags')) === undefined) return false;
  // A tap that is part of a bridge belongs to a virtual machine.
  return readSmall(join(sysRoot, 'class/net', name, 'master/uevent')) === undefined;
}

/** A file of at most a few kilobytes, or undefined when it cannot be read: most are not there. */
function readSmall(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').slice(0, 4_096);
  } catch {
    return undefined;
  }
}

/** The interfaces of this machine. */
export const systemInterfaces: () => Interfaces = networkInterfaces;
