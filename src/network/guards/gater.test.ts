import { isPrivate } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../testing/random.ts'
import { denyUnnamed } from './gater.ts'

const ID = '12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgPUq'
const OTHER = '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X'
const named = ['/ip4/127.0.0.1/tcp/9000/ws', `/ip4/192.168.1.5/tcp/9001/ws/p2p/${ID}`].map((text) => multiaddr(text))
const denies = denyUnnamed(named)

describe('denyUnnamed', () => {
  test.each([
    '/ip4/127.0.0.1/tcp/9000/ws',
    `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}`,
    `/ip4/192.168.1.5/tcp/9001/ws/p2p/${ID}/p2p-circuit/webrtc/p2p/${OTHER}`,
    `/ip4/192.168.1.5/tcp/9001/ws/p2p/${ID}/p2p-circuit/p2p/${OTHER}`,
  ])('default: what the application named is allowed, also as a relay: %s', (text) => {
    expect(denies(multiaddr(text))).toBe(false)
  })

  test.each([
    '/ip4/8.8.8.8/tcp/443/wss',
    `/dns4/relay.example.org/tcp/443/wss/p2p/${ID}/p2p-circuit/webrtc/p2p/${OTHER}`,
    `/ip6/2606:4700::1111/udp/9000/webrtc-direct/p2p/${ID}`,
    '/ip6/2a00:1450::1/tcp/443/wss',
    '/dns4/a.b.example.co.uk./tcp/443/wss',
    '/dns4/xn--mnchen-3ya.example.com/tcp/443/tls/ws',
    '/dns6/relay.box/tcp/443/wss',
    '/dns4/8.8.8.8/tcp/80/ws',
    '/ip4/172.32.0.1/tcp/80/ws',
    '/ip4/100.128.0.1/tcp/80/ws',
    '/ip4/198.20.0.1/tcp/80/ws',
  ])('default: what is public is allowed: %s', (text) => {
    expect(denies(multiaddr(text))).toBe(false)
  })

  test.each(
    [
      '/ip4/127.0.0.1',
      '/ip4/192.168.1.1',
      '/ip4/10.0.0.1',
      '/ip4/172.31.255.255',
      '/ip4/100.64.0.1',
      '/ip4/169.254.169.254',
      '/ip4/0.0.0.0',
      '/ip4/192.0.2.1',
      '/ip4/198.19.0.1',
      '/ip4/224.0.0.1',
      '/ip4/255.255.255.255',
      '/ip6/::1',
      '/ip6/::',
      '/ip6/::7f00:1',
      '/ip6/::ffff:192.168.1.1',
      '/ip6/::ffff:8.8.8.8',
      '/ip6/64:ff9b::c0a8:101',
      '/ip6/64:ff9b:1::c0a8:101',
      '/ip6/100::1',
      '/ip6/fc00::1',
      '/ip6/fd00::1',
      '/ip6/fe80::1',
      '/ip6/fec0::1',
      '/ip6/ff02::1',
      '/ip6/2001::7f00:1',
      '/ip6/2001:2::1',
      '/ip6/2001:db8::1',
      '/ip6/2002:c0a8:101::1',
      '/ip6/3fff::1',
      '/ip6/5f00::1',
      '/dns4/localhost',
      '/dns4/LocalHost',
      '/dns4/localhost.',
      '/dns4/a.localhost',
      '/dns4/router',
      '/dns4/printer.local',
      '/dns4/printer.local.',
      '/dns4/fritz.box',
      '/dns4/www.fritz.box.',
      '/dns4/nas.lan',
      '/dns4/nas.home.arpa',
      '/dns4/metadata.google.internal',
      '/dns4/mail.corp',
      '/dns4/hidden.onion',
      '/dns4/site.test',
      '/dns4/127.0.0.1',
      '/dns4/127.0.0.1.',
      '/dns4/127.1',
      '/dns4/2130706433',
      '/dns4/0x7f.0.0.1',
      '/dns4/0x7f000001',
      '/dns4/0177.0.0.1',
      '/dns4/192.168.1.1',
      '/dns4/10.0.0.1.',
      '/dns4/10.1',
      '/dns6/192.168.257',
      '/dns/%31%39%32.168.1.1',
      '/dns/１９２.168.1.1',
      '/dns4/ⓛocalhost',
      '/dns4/a@192.168.1.1',
      '/dns4/192.168.1.1#.example.org',
      '/dns4/example..org',
      '/dns4/1.2.3.4.5',
      '/dns6/fd00::1',
      '/dns6/::1',
      '/ip6zone/eth0/ip6/2606:4700::1111',
      '/dnsaddr/example.org',
    ].flatMap((host) => [`${host}/tcp/80/ws`, `${host}/tcp/443/wss/p2p/${ID}/p2p-circuit/webrtc/p2p/${OTHER}`]),
  )('behavior: what is private, and was not named, is denied: %s', (text) => {
    expect(denies(multiaddr(text))).toBe(true)
  })

  test.each([
    '/ip4/10.0.0.1/udp/9000/webrtc-direct',
    '/ip6/::ffff:10.0.0.1/udp/9000/webrtc-direct',
    '/ip4/127.0.0.1/tcp/9001/ws',
    // A browser dials the name in the TLS handshake, not the host.
    '/dns4/example.org/tcp/443/tls/sni/192.168.1.1/ws',
    '/ip4/8.8.8.8/tcp/1/ip4/192.168.1.1/tcp/80/ws',
    `/ip4/192.168.1.1/tcp/80/ws/p2p/${ID}/p2p-circuit/ip4/8.8.8.8/tcp/443/wss/p2p/${OTHER}/p2p-circuit/webrtc`,
    '/ip4/8.8.8.8/tcp/80',
    `/p2p/${ID}`,
    `/p2p/${ID}/p2p-circuit`,
  ])('behavior: what is private otherwise, or cannot be dialed, is denied: %s', (text) => {
    expect(denies(multiaddr(text))).toBe(true)
  })

  test('behavior: another spelling of a named address is the same door, another port is not', () => {
    expect(denies(multiaddr('/dns4/127.1/tcp/9000/ws'))).toBe(false)
    expect(denies(multiaddr('/ip4/127.0.0.1/tcp/9000/wss'))).toBe(true)
    expect(denies(multiaddr('/ip4/127.0.0.1/udp/9000/webrtc-direct'))).toBe(true)
  })

  test("behavior: of a hundred thousand addresses it denies all that libp2p's own list calls private", () => {
    const random = seededRandom(4)
    const [ours, theirs] = [{ denied: 0 }, { denied: 0 }]
    for (let i = 0; i < 50_000; i++) {
      const ip4 = multiaddr(`/ip4/${[...random.bytes(4)].join('.')}/tcp/80/ws`)
      const groups = [...random.bytes(8)].map((byte) => (byte < 80 ? byte : byte * 257).toString(16))
      const ip6 = multiaddr(`/ip6/${groups.join(':')}/tcp/80/ws`)
      for (const address of [ip4, ip6]) {
        const isDenied = denies(address)
        if (isPrivate(address)) {
          theirs.denied++
          if (!isDenied) throw new Error(`${address} is private`)
        }
        if (isDenied) ours.denied++
      }
    }
    expect(theirs.denied).toBeGreaterThan(1_000)
    expect(ours.denied).toBeLessThan(100_000)
  })
})
