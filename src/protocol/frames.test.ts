import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodePrefix, FrameSplitter } from './frames.ts'

/** Returns the frames of `chunks`, pushed one by one. */
function split(chunks: Uint8Array[], maxFrameBytes = 1000): Uint8Array[] {
  const frames: Uint8Array[] = []
  const splitter = new FrameSplitter(maxFrameBytes)
  for (const chunk of chunks) splitter.push(chunk, (frame) => frames.push(frame))
  return frames
}

const frame = (bytes: Uint8Array) => concatBytes(encodePrefix(bytes.length), bytes)

describe('encodePrefix', () => {
  test.each([
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [16383, 'ff7f'],
    [16384, '808001'],
    [4 * 1024 * 1024, '80808002'],
    [2 ** 28 - 1, 'ffffff7f'],
  ])('default: %i', (length, hex) => {
    expect(encodePrefix(length)).toEqual(hexToBytes(hex))
  })
})

describe('FrameSplitter', () => {
  test('default: gives back the frames of a stream, however it is cut', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 10 })
    const cuts = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 20 })
    fc.assert(
      fc.property(bodies, cuts, (frames, at) => {
        const stream = concatBytes(...frames.map(frame))
        const edges = [0, ...at.map((cut) => Math.min(cut, stream.length)), stream.length].sort((a, b) => a - b)
        const chunks = edges.slice(1).map((edge, i) => stream.subarray(edges[i], edge))
        expect(split(chunks)).toEqual(frames)
      }),
    )
  })

  test('behavior: a frame within one chunk is a view of it, one that spans chunks is a copy', () => {
    const chunk = concatBytes(frame(Uint8Array.of(1, 2)), Uint8Array.of(2, 3))
    const frames = split([chunk, Uint8Array.of(4)])
    expect(frames).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3, 4)])
    expect(frames.map(({ buffer }) => buffer === chunk.buffer)).toEqual([true, false])
  })

  test('behavior: what it holds grows with what has come, not with what was announced', () => {
    const body = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251)
    const stream = frame(body)
    const splitter = new FrameSplitter(body.length)
    const frames: Uint8Array[] = []
    for (let at = 0; at < stream.length; at += 1000) {
      splitter.push(stream.subarray(at, at + 1000), (bytes) => frames.push(bytes))
      if (frames.length === 0 && splitter.heldBytes > Math.max(4096, 4 * (at + 1000))) expect.fail(`at ${at}`)
      if (splitter.isWithinFrame !== (frames.length === 0)) expect.fail(`at ${at}`)
    }
    expect(Buffer.compare(frames[0]!, body)).toBe(0)
    expect(splitter.heldBytes).toBe(0)
  })

  test('behavior: a prefix that has begun is within a frame', () => {
    const splitter = new FrameSplitter(1000)
    splitter.push(Uint8Array.of(0x81), () => {})
    expect([splitter.isWithinFrame, splitter.heldBytes]).toEqual([true, 0])
  })

  test('behavior: time grows linearly with chunks of one byte', () => {
    const started = performance.now()
    const body = new Uint8Array(500_000)
    const stream = frame(body)
    const chunks = Array.from(stream, (_, i) => stream.subarray(i, i + 1))
    expect(split(chunks, body.length)[0]?.length).toBe(body.length)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test.each([
    ['a frame without bytes', '00', 'malformedMessage'],
    ['a frame without bytes, in two bytes', '8000', 'malformedMessage'],
    ['a prefix that is not minimal', '8100', 'malformedMessage'],
    ['a prefix that is not minimal, in three bytes', '818000', 'malformedMessage'],
    ['a prefix of five bytes', '8180808001', 'malformedMessage'],
    ['a frame that is too large', 'e907', 'frameTooLarge'],
    ['a frame that is much too large', 'ffffff7f', 'frameTooLarge'],
  ])('error: %s', (_, hex, code) => {
    expect(() => split([hexToBytes(hex)])).toThrow(expect.objectContaining({ code }))
    expect(() => split(Array.from(hexToBytes(hex), (byte) => Uint8Array.of(byte)))).toThrow(
      expect.objectContaining({ code }),
    )
  })

  test('options: the largest frame that is accepted', () => {
    expect(split([concatBytes(hexToBytes('e807'), new Uint8Array(1000))])[0]?.length).toBe(1000)
  })

  test('behavior: the frames before an offence are handed out', () => {
    const frames: Uint8Array[] = []
    const push = () => new FrameSplitter(10).push(hexToBytes('010500'), (bytes) => frames.push(bytes))
    expect(push).toThrow(expect.objectContaining({ code: 'malformedMessage' }))
    expect(frames).toEqual([Uint8Array.of(5)])
  })
})
