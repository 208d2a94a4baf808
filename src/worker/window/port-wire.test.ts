import { describe, expect, onTestFinished, test } from 'vitest'
import type { Wire, WireHandler } from '../../protocol/wire.ts'
import { settle } from '../../testing/manual-clock.ts'
import { createWirePair } from '../../testing/memory-wire.ts'
import { MAX_UNREAD_BYTES } from '../constants.ts'
import { PortWire, portOf } from './port-wire.ts'

/** Collects the chunks and the end of a wire. */
function listen(wire: Wire) {
  const heard: { bytes: number[]; ends: (string | undefined)[] } = { bytes: [], ends: [] }
  wire.open({
    onChunk: (chunk) => heard.bytes.push(...chunk),
    onClose: (error) => heard.ends.push(error?.message),
  })
  return heard
}

/** Returns the engine's end, and the far end of the window's wire. */
function setUp() {
  const [stream, far] = createWirePair()
  const port = portOf(stream)
  onTestFinished(() => port.close())
  return { near: new PortWire(port), far, stream }
}

describe('PortWire', () => {
  test('default: bytes cross in both directions, in order, and an orderly end', async () => {
    const { near, far } = setUp()
    const [atNear, atFar] = [listen(near), listen(far)]
    await near.send([Uint8Array.of(1, 2), Uint8Array.of(3)])
    await near.send([Uint8Array.of(4)])
    await far.send([Uint8Array.of(5), Uint8Array.of(6)])
    await expect
      .poll(() => [atFar.bytes, atNear.bytes])
      .toEqual([
        [1, 2, 3, 4],
        [5, 6],
      ])
    far.close()
    await expect.poll(() => [atNear.ends, atFar.ends]).toEqual([[undefined], [undefined]])
  })

  test('behavior: what arrives before the engine listens waits for it', async () => {
    const { near, far } = setUp()
    await far.send([Uint8Array.of(7)])
    await settle()
    const heard = listen(near)
    await expect.poll(() => heard.bytes).toEqual([7])
  })

  test('behavior: neither what is sent nor what arrives is taken from others that hold the same buffer', async () => {
    const { near, far } = setUp()
    const [atNear, atFar] = [listen(near), listen(far)]
    const shared = Uint8Array.of(0, 1, 2, 3)
    await near.send([shared.subarray(1, 3)])
    await far.send([shared.subarray(2)])
    await expect
      .poll(() => [atFar.bytes, atNear.bytes])
      .toEqual([
        [1, 2],
        [2, 3],
      ])
    expect(shared).toEqual(Uint8Array.of(0, 1, 2, 3))
  })

  test('behavior: send resolves when the transport takes more, and not before', async () => {
    let take = () => {}
    let handler: WireHandler | undefined
    const slow: Wire = {
      open: (opened) => {
        handler = opened
      },
      send: () =>
        new Promise((resolve) => {
          take = resolve
        }),
      close: () => handler?.onClose(),
      abort: () => {},
    }
    const near = new PortWire(portOf(slow))
    listen(near)
    let isSent = false
    const sent = near.send([Uint8Array.of(1)]).then(() => {
      isSent = true
    })
    await settle()
    expect(isSent).toBe(false)
    take()
    await sent
    near.close()
  })

  test('error: the end of the stream rejects what was not taken, and whatever comes later', async () => {
    const never: Wire = {
      open: (handler) => queueMicrotask(() => handler.onClose(new Error('reset'))),
      send: () => new Promise(() => {}),
      close: () => {},
      abort: () => {},
    }
    const near = new PortWire(portOf(never))
    const sent = near.send([Uint8Array.of(1)])
    const heard = listen(near)
    await expect(sent).rejects.toThrow('reset')
    await expect(near.send([Uint8Array.of(2)])).rejects.toThrow('reset')
    expect(heard.ends).toEqual(['reset'])
  })

  test('behavior: abort ends the other side with an error', async () => {
    const { near, far } = setUp()
    const [atNear, atFar] = [listen(near), listen(far)]
    near.abort(new Error('a lie'))
    await expect.poll(() => [atNear.ends, atFar.ends]).toEqual([['a lie'], ['the other side reset the wire']])
  })

  test('error: a flood that the engine is too busy to read ends the stream', async () => {
    const { near, far } = setUp()
    const atFar = listen(far)
    const chunkBytes = 64 * 1024
    // A buffer of its own for each chunk: chunks are transferred.
    for (let sent = 0; sent < MAX_UNREAD_BYTES; sent += chunkBytes) await far.send([new Uint8Array(chunkBytes)])
    await settle()
    expect(atFar.ends).toEqual([])
    await far.send([Uint8Array.of(1)])
    await expect.poll(() => atFar.ends).toEqual(['the other side reset the wire'])
    let received = 0
    const end = new Promise<string | undefined>((resolve) => {
      near.open({
        onChunk: ({ length }) => {
          received += length
        },
        onClose: (error) => resolve(error?.message),
      })
    })
    expect([await end, received]).toEqual([`more than ${MAX_UNREAD_BYTES} bytes were not read`, MAX_UNREAD_BYTES])
  })

  test('behavior: an engine that reads is sent as much as there is', async () => {
    const { near, far } = setUp()
    let received = 0
    near.open({
      onChunk: ({ length }) => {
        received += length
      },
      onClose: () => {},
    })
    for (let sent = 0; sent < 4; sent++) {
      await far.send([new Uint8Array(MAX_UNREAD_BYTES / 2)])
      await expect.poll(() => received).toBe(((sent + 1) * MAX_UNREAD_BYTES) / 2)
    }
    // The confirmation of the read crosses on its own.
    await settle()
    far.close()
  })
})
