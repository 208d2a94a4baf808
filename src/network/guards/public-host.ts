/**
 * Tells whether a host is on the public internet, from its name or address alone. The host comes from the URL parser:
 * there `127.1` and `0x7f.0.0.1` are `127.0.0.1`, names are lower-case ASCII, and IPv6 is in brackets.
 *
 * Addresses: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. Addresses not
 * globally reachable are not public, and neither is multicast. Names:
 * https://www.iana.org/assignments/special-use-domain-names, and names used by routers and offices. The address behind
 * a public name is unknown until the dial.
 */

/** Blocks of IPv4: the first address, and the length of the prefix. */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // behind a provider's NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, and what clouds tell their machines
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24], // AS112
  ['192.52.193.0', 24], // tunnels of multicast
  ['192.88.99.0', 24], // relays of 6to4
  ['192.168.0.0', 16], // private
  ['192.175.48.0', 24], // AS112
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
]

/**
 * Blocks of IPv6 within `2000::/3`, the only public range: protocol assignments (Teredo, benchmarks, ORCHID),
 * documentation, 6to4, the former 6bone, documentation again.
 */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['2001:0000', 23],
  ['2001:0db8', 32],
  ['2002:0000', 16],
  ['3ffe:0000', 16],
  ['3fff:0000', 20],
]
const GLOBAL_UNICAST: readonly [string, number] = ['2000:0000', 3]

/** Last labels unused by public names: reserved, or so common in homes and offices that they never will be public. */
const SPECIAL_ZONES = new Set(
  (
    'alt arpa example internal invalid local localhost onion test ' +
    'belkin consul corp docker domain hole home homenet intra intranet ip lan localdomain mail nas private repeater ' +
    'router workgroup wpad'
  ).split(' '),
)

/** Names below public zones answered by routers themselves. */
const ROUTERS =
  /(^|\.)((fritz|easy|giga|o2)\.box|router\.asus\.com|(routerlogin|orbilogin)\.(net|com)|tplink(wifi|login|modem|repeater|extender)\.net|mywifiext\.net)$/

/** Returns true if `hostname`, of a parsed URL, is on the public internet. */
export function isPublicHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return isPublicIpv6(hostname.slice(1, -1))
  if (/^[0-9]+(\.[0-9]+){3}$/.test(hostname)) return isPublicIpv4(hostname)
  return isPublicName(hostname)
}

function isPublicIpv4(address: string): boolean {
  const number = ipv4Number(address)
  return !SPECIAL_IPV4.some(([first, bits]) => isWithin(number, ipv4Number(first), bits))
}

function isPublicIpv6(address: string): boolean {
  const number = ipv6Number(address)
  const within = ([first, bits]: readonly [string, number]) => isWithin(number, ipv6Number(`${first}::`), bits)
  return within(GLOBAL_UNICAST) && !SPECIAL_IPV6.some(within)
}

function isPublicName(name: string): boolean {
  // A dot at the end only marks the name as complete.
  const labels = name.replace(/\.$/, '').split('.')
  const zone = labels.at(-1) ?? ''
  if (labels.length < 2 || labels.includes('')) return false
  // No public zone is a number, or begins or ends with a hyphen.
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(zone) || SPECIAL_ZONES.has(zone)) return false
  return !ROUTERS.test(labels.join('.'))
}

/** Compares the first `bits` of 32. */
function isWithin(number: number, first: number, bits: number): boolean {
  const size = 2 ** (32 - bits)
  return Math.floor(number / size) === Math.floor(first / size)
}

function ipv4Number(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

/** Returns the first 32 bits, which decide all cases here. */
function ipv6Number(address: string): number {
  const [head = ''] = address.split('::')
  const [high = '0', low = '0'] = head.split(':')
  return Number.parseInt(high || '0', 16) * 65_536 + Number.parseInt(low || '0', 16)
}
