/** The wire on libp2p's own pair of streams in memory, with libp2p's back-pressure and half-closed streams. */
import { streamPair } from '@libp2p/utils'
import { concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { installPromiseWithResolvers } from './promise-with-resolvers.ts'
import { StreamWire } from './stream-wire.ts'

installPromiseWithResolvers()

function listen(wire: StreamWire) {
  const chunks: Uint8Array[] = []
  const ends: (Error | undefined)[] = []
  wire.open({ onChunk: (chunk) => chunks.push(chunk), onClose: (error) => ends.push(error) })
  return { received: () => concatBytes(...chunks), ends }
}

async function setUp(options: Parameters<typeof streamPair>[0] = {}) {
  const [outbound, inbound] = await streamPair(options)
  const [a, b] = [new StreamWire(outbound), new StreamWire(inbound)]
  return { outbound, inbound, a, b }
}

describe('StreamWire', () => {
  test('default: pieces arrive in order', async () => {
    const { a, b } = await setUp()
    const end = listen(b)
    await Promise.all([a.send([Uint8Array.of(1), Uint8Array.of(2, 3)]), a.send([Uint8Array.of(4)])])
    await expect.poll(() => [...end.received()]).toEqual([1, 2, 3, 4])
  })

  test('behavior: what came before the wire was opened is delivered, and then its end', async () => {
    const { a, b, inbound } = await setUp()
    await a.send([Uint8Array.of(1)])
    a.close()
    await expect.poll(() => inbound.remoteWriteStatus).toBe('closed')
    const end = listen(b)
    await expect.poll(() => [[...end.received()], end.ends]).toEqual([[1], [undefined]])
  })

  test('behavior: a side that ended before the wire was opened, without a word, ends it', async () => {
    const { a, b, inbound } = await setUp()
    a.close()
    await expect.poll(() => inbound.readableEnded).toBe(true)
    const end = listen(b)
    await expect.poll(() => end.ends).toEqual([undefined])
  })

  test('behavior: send waits as long as the transport is full, again and again', async () => {
    const { a, b, outbound } = await setUp({ capacity: 1, delay: 5 })
    const end = listen(b)
    const listeners = outbound.listenerCount('drain')
    for (let i = 0; i < 20; i++) {
      await a.send([new Uint8Array(1000).fill(i)])
      expect([outbound.writableNeedsDrain, outbound.writeBufferLength]).toEqual([false, 0])
    }
    await expect.poll(() => end.received().length).toBe(20_000)
    expect(outbound.listenerCount('drain')).toBe(listeners)
  })

  test('error: send rejects when the stream has ended, also while it waits', async () => {
    const { a, b, outbound } = await setUp({ capacity: 1, delay: 5 })
    const end = listen(a)
    listen(b)
    const waiting = a.send([new Uint8Array(10)])
    expect(outbound.writableNeedsDrain).toBe(true)
    a.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('the stream is aborted')
    await expect(a.send([new Uint8Array(10)])).rejects.toThrow()
    expect(end.ends).toEqual([new Error('enough')])
  })

  test('behavior: the end of one side ends the other, without an error', async () => {
    const { a, b } = await setUp()
    const ends = [listen(a).ends, listen(b).ends]
    a.close()
    a.close()
    await expect.poll(() => ends).toEqual([[undefined], [undefined]])
  })

  test('behavior: an aborted side ends the other with an error', async () => {
    const { a, b } = await setUp()
    const { ends } = listen(a)
    const other = listen(b).ends
    a.abort(new Error('enough'))
    a.abort(new Error('more'))
    await expect.poll(() => [ends.length, other.length]).toEqual([1, 1])
    expect(other[0]).toBeInstanceOf(Error)
  })

  test('behavior: a stream that ended before it was opened says so', async () => {
    const { a, outbound } = await setUp()
    outbound.abort(new Error('too late'))
    const { ends } = listen(a)
    await expect.poll(() => ends.length).toBe(1)
  })
})
