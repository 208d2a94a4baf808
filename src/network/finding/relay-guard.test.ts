import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { RateLimiter } from '../guards/rate-limiter.ts'
import { denyReservation } from './relay-guard.ts'

/** Returns a peer with only a name. */
const peer = (name: string) =>
  ({ toString: () => name, equals: (other: unknown) => String(other) === name }) as unknown as PeerId
const from = (name: string, host: string) => ({
  remotePeer: peer(name),
  remoteAddr: multiaddr(`${host}/tcp/${1000 + name.length}/ws`),
})

describe('denyReservation', () => {
  const hosts: Record<string, string> = {
    a: '/ip4/192.0.2.1',
    b: '/ip4/192.0.2.1',
    c: '/ip4/192.0.2.1',
    d: '/ip4/192.0.2.2',
    e: '/ip6/2001:db8::1',
    f: '/ip6/2001:db8::2',
  }
  const node = {
    getConnections: (id: PeerId) => [from(String(id), hosts[String(id)]!) as unknown as Connection],
  } as Pick<Libp2p, 'getConnections'> as Libp2p
  const deny = (taken: string[], name: string) => denyReservation(node, taken.map(peer), peer(name), 2)

  test('default: peers of one host have no more places than it may have, those of others do not count', () => {
    expect([deny([], 'a'), deny(['a', 'd'], 'b'), deny(['a', 'b'], 'c'), deny(['a', 'b'], 'd')]).toEqual([
      ...[false, false, true, false],
    ])
  })

  test('behavior: who has a place keeps it, and an IPv6 network is one host', () => {
    expect([deny(['a', 'b'], 'a'), denyReservation(node, [peer('e')], peer('f'), 1)]).toEqual([false, true])
  })
})

describe('RateLimiter', () => {
  test('default: a peer has so much, a host so much, and who is refused pays nothing', () => {
    const clock = new ManualClock()
    const limits = new RateLimiter({ peer: { perSecond: 1, burst: 2 }, host: { perSecond: 1, burst: 3 } }, clock)
    const asks = (name: string, host: string, times: number) =>
      Array.from({ length: times }, () => limits.accepts(from(name, host)))
    expect(asks('a', '/ip4/192.0.2.1', 3)).toEqual([true, true, false])
    expect(asks('b', '/ip4/192.0.2.1', 2)).toEqual([true, false])
    expect(asks('c', '/ip4/192.0.2.2', 2)).toEqual([true, true])
    clock.advance(1000)
    expect(asks('b', '/ip4/192.0.2.1', 2)).toEqual([true, false])
  })
})
