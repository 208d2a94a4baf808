import { describe, expect, test } from 'vitest'
import { ChunkPipe } from './chunk-pipe.ts'

const chunk = (byte: number) => Uint8Array.of(byte)

describe('ChunkPipe', () => {
  test('default: chunks come in order, and the end stays', async () => {
    const pipe = new ChunkPipe()
    const given = (async () => {
      for (const byte of [1, 2, 3]) await pipe.give(chunk(byte))
      await pipe.give(null)
    })()
    expect([await pipe.take(), await pipe.take(), await pipe.take()]).toEqual([chunk(1), chunk(2), chunk(3)])
    expect(await pipe.take()).toBeNull()
    expect(await pipe.take()).toBeNull()
    await given
  })

  test('behavior: the second chunk waits until the first is taken', async () => {
    const pipe = new ChunkPipe()
    const order: string[] = []
    await pipe.give(chunk(1))
    const second = pipe.give(chunk(2)).then(() => order.push('given'))
    await Promise.resolve()
    order.push('taken')
    await pipe.take()
    await second
    expect(order).toEqual(['taken', 'given'])
  })

  test('behavior: when nobody takes any more, whoever gives is told', async () => {
    const pipe = new ChunkPipe()
    await pipe.give(chunk(1))
    const waiting = pipe.give(chunk(2))
    pipe.close()
    expect(await waiting).toBe(false)
    expect(await pipe.give(chunk(3))).toBe(false)
  })

  test('error: a failure reaches whoever waits for a chunk, and all later ones', async () => {
    const pipe = new ChunkPipe()
    const reason = new Error('cancelled')
    const waiting = expect(pipe.take()).rejects.toBe(reason)
    pipe.fail(reason)
    await waiting
    await expect(pipe.take()).rejects.toBe(reason)
    expect(await pipe.give(chunk(1))).toBe(false)
  })
})
