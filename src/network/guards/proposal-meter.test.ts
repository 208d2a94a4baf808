import { concatBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { line } from '../../testing/hostile/wire-bytes.ts'
import { ProposalMeter } from './proposal-meter.ts'

const SPOKEN = '/spoken/1'
const MOST = 5

function setUp() {
  let left = MOST
  return new ProposalMeter(
    (protocol) => protocol === SPOKEN,
    () => left-- > 0,
  )
}

/** Returns how many bytes of `stream`, cut at `at`, were accepted, and whether the negotiation was over then. */
function take(stream: Uint8Array, at: readonly number[]): [accepted: boolean, isDone: boolean] {
  const meter = setUp()
  const edges = [0, ...at.map((cut) => Math.min(cut, stream.length)), stream.length].sort((a, b) => a - b)
  const accepted = edges.slice(1).every((edge, i) => meter.accepts(stream.subarray(edges[i], edge)))
  return [accepted, meter.isDone]
}

const cuts = fc.array(fc.integer({ min: 0, max: 3000 }))
const other = fc
  .string({ minLength: 1, maxLength: 1000, unit: 'grapheme-ascii' })
  .filter((text) => text.trimEnd() !== SPOKEN)

describe('ProposalMeter', () => {
  test('default: whatever comes behind a protocol that is spoken is accepted', () => {
    const before = fc.array(other, { maxLength: MOST - 1 })
    fc.assert(
      fc.property(before, fc.uint8Array({ maxLength: 5_000 }), cuts, (lines, rest, at) => {
        const stream = concatBytes(...[...lines, SPOKEN].map(line), rest)
        expect(take(stream, at)).toEqual([true, true])
      }),
    )
  })

  test('behavior: one proposal more than may be is refused, however long they are and however they are cut', () => {
    fc.assert(
      fc.property(fc.array(other, { minLength: MOST + 1, maxLength: 20 }), cuts, (lines, at) => {
        expect(take(concatBytes(...lines.map(line)), at)).toEqual([false, false])
      }),
    )
    expect(take(concatBytes(...Array.from({ length: MOST }, () => line('a'))), [])).toEqual([true, false])
  })

  test.each([
    ['nothing', Uint8Array.of(0)],
    ['a line that is too long', Uint8Array.of(0x81, 0x08)],
    ['a length that is too long', Uint8Array.of(0x80, 0x80, 0x01)],
  ])('behavior: %s ends it, as it does for libp2p', (_, bytes) => {
    expect(take(bytes, [])).toEqual([true, true])
  })
})
