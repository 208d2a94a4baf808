import { multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { describe, expect, test } from 'vitest'
import { webSocketUrl } from './websocket-url.ts'

const ID = '12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgPUq'

describe('webSocketUrl', () => {
  test.each([
    '/ip4/127.0.0.1/tcp/9000/ws',
    '/ip4/127.0.0.1/tcp/80/ws',
    '/ip6/2606:4700::1111/tcp/9000/wss',
    '/dns4/example.org/tcp/443/wss',
    '/dns6/example.org/tcp/443/tls/ws',
    '/dns/example.org/tcp/444/tls/sni/other.example.org/ws',
    `/dns4/EXAMPLE.org/tcp/443/wss/p2p/${ID}`,
    '/dns4/127.1/tcp/80/ws',
  ])("default: %s: the URL that libp2p's own transport would dial", (text) => {
    const theirs = multiaddrToUri(multiaddr(text.replace(/\/p2p\/.*/, '')))
    expect(webSocketUrl(multiaddr(text))?.href).toBe(`${theirs}/`)
  })

  test.each([
    '/ip4/127.0.0.1/tcp/9000',
    '/ip4/127.0.0.1/udp/9000/webrtc-direct',
    '/ip4/8.8.8.8/tcp/1/ip4/192.168.1.1/tcp/80/ws',
    `/dns4/example.org/tcp/443/wss/p2p/${ID}/p2p-circuit`,
    '/dns4/user@192.168.1.1/tcp/80/ws',
    '/dns4/example.org#/tcp/80/ws',
    '/dns4/example.org?a=/tcp/80/ws',
    '/dns4/a b/tcp/80/ws',
    '/ip6zone/lo/ip6/fe80::1/tcp/80/ws',
  ])('default: %s is none', (text) => {
    expect(webSocketUrl(multiaddr(text))).toBeNull()
  })
})
