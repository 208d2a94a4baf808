import { RLP } from '@ethereumjs/rlp'
import { concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { FrameSplitter } from '../../protocol/frames.ts'
import { MAX_PEER_LIST_BYTES, MAX_PEER_RECORD_BYTES, MAX_TOLD_PEERS } from '../constants.ts'
import { decodePeerList, encodePeerList } from './peer-list.ts'

function roundTrip(records: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  new FrameSplitter(MAX_PEER_LIST_BYTES).push(concatBytes(...encodePeerList(records)), (frame) => frames.push(frame))
  return decodePeerList(frames[0]!)
}

describe('decodePeerList', () => {
  test('default: what was encoded, none for one', () => {
    expect(roundTrip([])).toEqual([])
    const most = Array.from({ length: MAX_TOLD_PEERS }, (_, i) => new Uint8Array(MAX_PEER_RECORD_BYTES).fill(i))
    expect(roundTrip(most)).toEqual(most)
  })

  test('behavior: whatever is told of, what is sent can be read', () => {
    const records = Array.from(
      { length: 3 * MAX_TOLD_PEERS },
      (_, i) => new Uint8Array(MAX_PEER_RECORD_BYTES + (i % 3) - 1),
    )
    const fitting = records.filter(({ length }) => length <= MAX_PEER_RECORD_BYTES)
    expect(roundTrip(records)).toEqual(fitting.slice(0, MAX_TOLD_PEERS))
  })

  test.each([
    ['tooManyItems', () => decodePeerList(RLP.encode(Array(MAX_TOLD_PEERS + 1).fill(Uint8Array.of(1))))],
    ['malformedMessage', () => decodePeerList(RLP.encode([new Uint8Array(MAX_PEER_RECORD_BYTES + 1)]))],
    ['malformedMessage', () => decodePeerList(Uint8Array.of(0x80))],
    ['malformedMessage', () => decodePeerList(Uint8Array.of(0xc1, 0xc0))],
    ['malformedMessage', () => decodePeerList(Uint8Array.of(0xc0, 0x01))],
    ['malformedMessage', () => decodePeerList(Uint8Array.of(0xc2, 0x83))],
    ['malformedMessage', () => decodePeerList(new Uint8Array())],
  ])('error: %s', (code, decode) => {
    expect(decode).toThrow(expect.objectContaining({ code }))
  })
})
