/**
 * Names the host of an address: an IPv4 address, or an IPv6 network of 64 bits, the smallest network given to a
 * customer. An IPv4 address written as an IPv6 one is the same host. Pure; never throws, whatever address a socket
 * reports.
 */
import type { Multiaddr } from '@multiformats/multiaddr'

/** Networks whose last 32 bits are an IPv4 address: mapped by the system (RFC 4291), or by a NAT64 on the way (RFC 6052). */
const IPV4_WITHIN = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']
const IPV6_WORDS = 8
const NETWORK_WORDS = 4

/**
 * Returns a socket's `address` without the zone of a link-local address, and as IPv4 if possible. Undefined: the socket
 * is gone.
 */
export function plainIp(address: string | undefined): string | undefined {
  const ip = address?.split('%')[0]
  if (ip === undefined || ip === '') return undefined
  return ipv4Within(ip) ?? ip
}

/** Returns the host of `ip`. A text without an IP address is a host by itself. */
export function hostOfIp(ip: string): string {
  const plain = plainIp(ip) ?? ''
  return wordsOf(plain)?.slice(0, NETWORK_WORDS).join(':').concat('::/64') ?? plain
}

/**
 * Returns the host of an address, without the port; for a relayed connection, the relay's host. Over WebRTC all tabs
 * count as one host, because their addresses are unknown.
 */
export function hostOf(address: Multiaddr): string {
  const components = address.getComponents()
  const ip = components.find(({ name }) => name === 'ip4' || name === 'ip6') ?? components[0]
  return hostOfIp(ip?.value ?? '')
}

function ipv4Within(ip: string): string | undefined {
  const words = wordsOf(ip)
  if (words === undefined || !IPV4_WITHIN.includes(words.slice(0, 6).join(':'))) return undefined
  const [high = 0, low = 0] = words.slice(6).map((word) => Number.parseInt(word, 16))
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

/** Returns the eight words of an IPv6 address, in hex without leading zeros; undefined for other texts. */
function wordsOf(ip: string): readonly string[] | undefined {
  if (!ip.includes(':')) return undefined
  const hex = ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = [], tail] = hex.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = tail === undefined ? 0 : Math.max(0, IPV6_WORDS - head.length - tail.length)
  const words = [...head, ...new Array<string>(zeros).fill('0'), ...(tail ?? [])]
  if (words.length !== IPV6_WORDS) return undefined
  return words.map((word) => Number.parseInt(word, 16).toString(16))
}
