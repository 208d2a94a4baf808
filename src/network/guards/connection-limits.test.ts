import type { MultiaddrConnection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { InboundGater } from './connection-limits.ts'
import { hostOf } from './host-of.ts'

const limits = { connections: 100, connectionsPerPeer: 2, connectionsPerHost: 32 }

/** Returns a gater, and hosts connecting with a new port and peer id each time by default. */
function setUp() {
  const clock = new ManualClock()
  const connections: { remoteAddr: ReturnType<typeof multiaddr>; remotePeer: PeerId }[] = []
  const gater = new InboundGater(limits, () => connections, clock)
  let port = 1000
  function connect(host: string, name = String(port)): boolean {
    const remoteAddr = multiaddr(`/ip4/${host}/tcp/${port++}/ws`)
    const remotePeer = { name, equals: (other: { name: string }) => other.name === name } as unknown as PeerId
    const isDenied =
      gater.denyInboundConnection({ remoteAddr, onData() {} } as unknown as MultiaddrConnection) ||
      gater.denyInboundEncryptedConnection(remotePeer)
    if (!isDenied) connections.push({ remoteAddr, remotePeer })
    return !isDenied
  }
  const count = (host: string, times: number) =>
    Array.from({ length: times }, () => connect(host)).filter(Boolean).length
  const strike = (host: string) => gater.strike(multiaddr(`/ip4/${host}/tcp/1/ws`))
  return { clock, connections, connect, count, gater, strike }
}

describe('InboundGater', () => {
  test('behavior: a host makes half of its connections at once, and a thirty-second part a second, up to all of them', () => {
    const { clock, count } = setUp()
    expect(count('10.0.0.1', 20)).toBe(16)
    expect(count('10.0.0.2', 20)).toBe(16)
    clock.advance(3_000)
    expect(count('10.0.0.1', 20)).toBe(3)
    clock.advance(60_000)
    expect(count('10.0.0.1', 100)).toBe(13)
  })

  test('behavior: who comes and goes is no better off', () => {
    const { connections, count } = setUp()
    count('10.0.0.1', 16)
    connections.length = 0
    expect(count('10.0.0.1', 16)).toBe(0)
  })

  test('behavior: a host whose peer broke the protocol waits, and others do not', () => {
    const { clock, connect, strike } = setUp()
    expect(connect('10.0.0.1')).toBe(true)
    strike('10.0.0.1')
    expect([connect('10.0.0.1'), connect('10.0.0.2')]).toEqual([false, true])
    clock.advance(2_000)
    expect(connect('10.0.0.1')).toBe(true)
    strike('10.0.0.1')
    strike('10.0.0.1')
    clock.advance(32_000)
    expect(connect('10.0.0.1')).toBe(false)
    clock.advance(1_000)
    expect(connect('10.0.0.1')).toBe(true)
  })

  test('behavior: a peer has so many, from wherever it comes', () => {
    const { connect, connections } = setUp()
    expect(['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host) => connect(host, 'a'))).toEqual([true, true, false])
    expect(connect('10.0.0.1', 'b')).toBe(true)
    connections.shift()
    expect(connect('10.0.0.3', 'a')).toBe(true)
  })

  test('behavior: an IPv6 network of 64 bits is one host, and so is an IPv4 address however it is written', () => {
    const { connections, gater } = setUp()
    const counts = (host: (i: number) => string) => {
      connections.length = 0
      return Array.from({ length: 40 }, (_, i) => gater.admits(hostOf(multiaddr(`${host(i)}/tcp/1/ws`)))).filter(
        Boolean,
      ).length
    }
    expect(counts((i) => `/ip6/2001:db8:0:7:${i}::1`)).toBe(16)
    expect(counts((i) => `/ip6/2001:db8:0:${100 + i}::1`)).toBe(40)
    expect(counts((i) => (i % 2 === 0 ? '/ip4/10.0.0.7' : '/ip6/::ffff:10.0.0.7'))).toBe(16)
  })
})
