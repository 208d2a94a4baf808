import type { Connection, Stream, StreamHandler } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { limitedService } from './limited-service.ts'

const RATES = { peer: { perSecond: 1, burst: 2 }, host: { perSecond: 1, burst: 3 } }

/** Returns a service with one protocol, its registered handlers, and a function to open streams as a peer. */
function setUp() {
  const handlers = new Map<string, StreamHandler>()
  const registrar = {
    handle: async (protocol: string, handler: StreamHandler) => void handlers.set(protocol, handler),
    unhandle: async (protocol: string) => void handlers.delete(protocol),
  }
  const handled: string[] = []
  const create = (components: { registrar: typeof registrar; name: string }) => ({
    name: components.name,
    start: () => components.registrar.handle('/a', (_stream, { remotePeer }) => void handled.push(String(remotePeer))),
    stop: () => components.registrar.unhandle('/a'),
  })
  const clock = new ManualClock()
  const service = limitedService(create, RATES, clock)({ registrar, name: 'b' })
  function open(peer: string, host: string): boolean {
    let isRefused = false
    const stream = {
      abort: () => {
        isRefused = true
      },
    } as unknown as Stream
    const connection = { remotePeer: peer, remoteAddr: multiaddr(`/ip4/${host}/tcp/1/ws`) } as unknown as Connection
    void handlers.get('/a')!(stream, connection)
    return !isRefused
  }
  return { clock, handled, handlers, open, service }
}

describe('limitedService', () => {
  test('behavior: a peer, and a host, has so much done for it; the rest is refused and never seen', async () => {
    const { clock, handled, open, service } = setUp()
    await service.start()
    expect([1, 2, 3].map(() => open('a', '192.0.2.1'))).toEqual([true, true, false])
    expect([1, 2].map(() => open('b', '192.0.2.1'))).toEqual([true, false])
    expect(open('c', '192.0.2.2')).toBe(true)
    clock.advance(1_000)
    expect(open('a', '192.0.2.1')).toBe(true)
    expect(handled).toEqual(['a', 'a', 'b', 'c', 'a'])
  })

  test('default: the rest of the service is as it was', async () => {
    const { handlers, service } = setUp()
    await service.start()
    expect([service.name, handlers.size]).toEqual(['b', 1])
    await service.stop()
    expect(handlers.size).toBe(0)
  })
})
