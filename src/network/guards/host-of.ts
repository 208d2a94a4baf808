/**
 * What counts as one host: an IPv4 address, or an IPv6 network of 64 bits, which is the least that anybody is given. An IPv4
 * address that is written as an IPv6 one is the same host. Pure; never throws, whatever a socket says where it is from.
 */
import type { Multiaddr } from '@multiformats/multiaddr'

/** Networks whose last 32 bits are an IPv4 address: mapped by the system (RFC 4291), or by a NAT64 on the way (RFC 6052). */
const IPV4_WITHIN = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']
const IPV6_WORDS = 8
const NETWORK_WORDS = 4

/** `address` of a socket, without the zone of a link-local one, and in IPv4 if it is that. Undefined: the socket is gone. */
export function plainIp(address: string | undefined): string | undefined {
  const ip = address?.split('%')[0]
  if (ip === undefined || ip === '') return undefined
  return ipv4Within(ip) ?? ip
}

/** The host that `ip` belongs to. What is no IP address is a host by itself. */
export function hostOfIp(ip: string): string {
  const plain = plainIp(ip) ?? ''
  return wordsOf(plain)?.slice(0, NETWORK_WORDS).join(':').concat('::/64') ?? plain
}

/** The host of an address, whatever the port; for a relayed connection the relay's. Over WebRTC all tabs are one: theirs are not told. */
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

/** The eight words of an IPv6 address, in hex without leading zeros; undefined if it is none. */
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
