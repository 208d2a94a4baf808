import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { PendingSockets } from './pending-sockets.ts'

const limits = { pendingConnections: 6, pendingConnectionsPerHost: 4, handshakeMs: 10_000, requestMs: 4_000 }

function setUp() {
  const clock = new ManualClock()
  const pending = new PendingSockets<{ destroy(): void }>(limits, clock)
  const closed: string[] = []
  const open = (name: string, host: string) => {
    const socket = { destroy: () => void closed.push(name) }
    pending.add(socket, host)
    return socket
  }
  return { clock, pending, closed, open }
}

describe('PendingSockets', () => {
  test('behavior: a host beyond its share loses its own oldest', () => {
    const { pending, closed, open } = setUp()
    open('other', 'b')
    for (let i = 1; i <= 7; i++) open(`a${i}`, 'a')
    expect([closed, pending.size]).toEqual([['a1', 'a2', 'a3'], 5])
  })

  test('behavior: a further host gets in at the cost of the host that has most', () => {
    const { closed, open } = setUp()
    open('b1', 'b')
    for (let i = 1; i <= 4; i++) open(`a${i}`, 'a')
    for (const host of ['c', 'd', 'e']) open(`${host}1`, host)
    expect(closed).toEqual(['a1', 'a2'])
  })

  test('behavior: of hosts with one each the oldest goes, so that the newest gets in', () => {
    const { closed, open } = setUp()
    for (let i = 1; i <= 8; i++) open(`${i}`, `host ${i}`)
    expect(closed).toEqual(['1', '2'])
  })

  test('behavior: time for the request, and for the rest of the handshake; a connection has all the time', () => {
    const { clock, pending, closed, open } = setUp()
    open('silent', 'a')
    const asked = open('asked', 'a')
    const connected = open('connected', 'b')
    pending.asked(asked)
    pending.asked(connected)
    pending.delete(connected)
    clock.advance(3_999)
    expect(closed).toEqual([])
    clock.advance(1)
    expect(closed).toEqual(['silent'])
    clock.advance(2_000)
    expect(closed).toEqual(['silent', 'asked'])
    clock.advance(1_000_000)
    expect(closed).toEqual(['silent', 'asked'])
  })

  test('behavior: what was closed leaves no timer and no place behind', () => {
    const { clock, pending, closed, open } = setUp()
    const socket = open('1', 'a')
    open('2', 'b')
    pending.delete(socket)
    pending.delete(socket)
    pending.clear()
    expect([closed, pending.size, clock.pending]).toEqual([['2'], 0, []])
  })
})
