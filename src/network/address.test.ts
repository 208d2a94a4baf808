import { describe, expect, test } from 'vitest'
import { parseMultiaddr } from './address.ts'

const ID = '12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgPUq'

describe('parseMultiaddr', () => {
  test.each([
    '/ip4/127.0.0.1/tcp/9000/ws',
    `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}`,
    '/ip6/::1/tcp/9000/ws',
    '/dns4/peer.example/tcp/443/wss',
    `/dns4/peer.example/tcp/443/wss/p2p/${ID}`,
    '/dns/peer.example/tcp/443/tls/ws',
    '/dns6/peer.example/tcp/443/tls/sni/peer.example/ws',
  ])('default: %s', (text) => {
    const address = parseMultiaddr(text)
    expect(address.text).toBe(text)
    expect(address.multiaddr.toString()).toBe(text)
  })

  test.each([
    ['no text', ''],
    ['not a multiaddr', 'wss://peer.example'],
    ['no transport', '/ip4/127.0.0.1'],
    ['another transport', '/ip4/127.0.0.1/tcp/9000'],
    ['WebRTC', '/ip4/127.0.0.1/udp/9000/webrtc-direct'],
    ['a peer id only', `/p2p/${ID}`],
    ['a peer id that is none', '/ip4/127.0.0.1/tcp/9000/ws/p2p/nobody'],
    ['a relayed address', `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}/p2p-circuit`],
    ['an address that asks a resolver of names', '/dnsaddr/peer.example'],
    ['a port that is none', '/ip4/127.0.0.1/tcp/90000/ws'],
  ])('error: badMultiaddr: %s', (_, text) => {
    expect(() => parseMultiaddr(text)).toThrow(expect.objectContaining({ code: 'badMultiaddr' }))
  })
})
