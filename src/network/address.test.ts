import { describe, expect, test } from 'vitest'
import { parseListen, parsePeer, parseRelay } from './address.ts'

const ID = '12D3KooWGC7hTrWYnKkCiJHhWbKFWGUqmDV3xGcPCyBHJEvGgPUq'

const CERT_HASH = 'uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ'

describe('parsePeer', () => {
  test.each([
    '/ip4/127.0.0.1/tcp/9000/ws',
    `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}`,
    '/ip6/::1/tcp/9000/ws',
    '/dns4/peer.example/tcp/443/wss',
    `/dns4/peer.example/tcp/443/wss/p2p/${ID}`,
    '/dns/peer.example/tcp/443/tls/ws',
    '/dns6/peer.example/tcp/443/tls/sni/peer.example/ws',
  ])('default: %s', (text) => {
    const address = parsePeer(text)
    expect(address.text).toBe(text)
    expect(address.multiaddr.toString()).toBe(text)
    expect(address.transport).toBe('websocket')
  })

  test.each([
    `/ip4/192.0.2.1/udp/9000/webrtc-direct/certhash/${CERT_HASH}/p2p/${ID}`,
    `/ip6/2001:db8::1/udp/9000/webrtc-direct/certhash/${CERT_HASH}`,
    `/dns4/relay.example/tcp/443/wss/p2p/${ID}/p2p-circuit/webrtc/p2p/${ID}`,
    `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}/p2p-circuit/webrtc/p2p/${ID}`,
  ])('default: over WebRTC: %s', (text) => {
    expect(parsePeer(text)).toMatchObject({ text, transport: 'webrtc' })
  })

  test.each([
    ['no text', ''],
    ['not a multiaddr', 'wss://peer.example'],
    ['no transport', '/ip4/127.0.0.1'],
    ['another transport', '/ip4/127.0.0.1/tcp/9000'],
    ['WebRTC without a certificate', '/ip4/127.0.0.1/udp/9000/webrtc-direct'],
    ['a peer behind a relay without WebRTC', `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}/p2p-circuit/p2p/${ID}`],
    ['a tab without its id', `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}/p2p-circuit/webrtc`],
    ['a peer id only', `/p2p/${ID}`],
    ['a peer id that is none', '/ip4/127.0.0.1/tcp/9000/ws/p2p/nobody'],
    ['a relayed address', `/ip4/127.0.0.1/tcp/9000/ws/p2p/${ID}/p2p-circuit`],
    ['an address that asks a resolver of names', '/dnsaddr/peer.example'],
    ['a port that is none', '/ip4/127.0.0.1/tcp/90000/ws'],
    ['a host that no URL can name', '/dns4/a b/tcp/80/ws'],
    ['a host that is more than that', '/dns4/user@peer.example/tcp/80/ws'],
    ['a relay that no URL can name', `/dns4/a b/tcp/80/ws/p2p/${ID}/p2p-circuit/webrtc/p2p/${ID}`],
  ])('error: badMultiaddr: %s', (_, text) => {
    expect(() => parsePeer(text)).toThrow(expect.objectContaining({ code: 'badMultiaddr' }))
  })
})

describe('parseRelay', () => {
  test('default: a WebSocket with a peer id', () => {
    const text = `/dns4/relay.example/tcp/443/wss/p2p/${ID}`
    expect(parseRelay(text).toString()).toBe(text)
  })

  test.each(['/dns4/relay.example/tcp/443/wss', `/dns4/relay.example/tcp/443/wss/p2p/${ID}/p2p-circuit`])(
    'error: badMultiaddr: %s',
    (text) => expect(() => parseRelay(text)).toThrow(expect.objectContaining({ code: 'badMultiaddr' })),
  )
})

describe('parseListen', () => {
  test.each(['/ip4/0.0.0.0/tcp/9000/ws', '/ip4/0.0.0.0/udp/9000/webrtc-direct'])('default: %s', (text) => {
    expect(parseListen(text).toString()).toBe(text)
  })

  test.each([`/ip4/0.0.0.0/tcp/9000/ws/p2p/${ID}`, '/ip4/0.0.0.0/udp/9000'])('error: badMultiaddr: %s', (text) =>
    expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: 'badMultiaddr' })),
  )
})
