import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
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
  ])('default: what is public is allowed: %s', (text) => {
    expect(denies(multiaddr(text))).toBe(false)
  })

  test.each([
    '/ip4/127.0.0.1/tcp/9001/ws',
    '/ip4/192.168.1.1/tcp/80/ws',
    '/ip4/10.0.0.1/udp/9000/webrtc-direct',
    '/ip4/169.254.169.254/tcp/80/ws',
    '/ip6/::1/tcp/9000/ws',
    '/ip6/fd00::1/tcp/9000/ws',
    '/ip6/::ffff:192.168.1.1/tcp/9000/ws',
    '/dns4/localhost/tcp/9000/ws',
    '/dns4/router/tcp/80/ws',
    '/dns4/printer.local/tcp/80/ws',
    `/ip4/192.168.1.1/tcp/80/ws/p2p/${ID}/p2p-circuit/webrtc/p2p/${OTHER}`,
    `/p2p/${ID}`,
    `/p2p/${ID}/p2p-circuit`,
  ])('behavior: what is private, and was not named, is denied: %s', (text) => {
    expect(denies(multiaddr(text))).toBe(true)
  })
})
