import { describe, expect, test } from 'vitest'
import { ConnectionError } from './connection-error.ts'
import { LIE_BAN_MS, STALL_BAN_MS } from './constants.ts'
import { departureOf, protocolViolation } from './departure.ts'

describe('protocolViolation', () => {
  test('default: keeps out like a lie', () => {
    expect(protocolViolation('why')).toEqual({ reason: 'protocolViolation', banMs: LIE_BAN_MS, message: 'why' })
  })
})

describe('departureOf', () => {
  test('error: muxerViolation: kept out like a liar', () => {
    expect(departureOf(new ConnectionError('muxerViolation', 'too much'))).toEqual({
      reason: 'protocolViolation',
      banMs: LIE_BAN_MS,
      message: 'muxerViolation: too much',
    })
  })

  test('error: silentPeer: kept out like a peer that stalls', () => {
    expect(departureOf(new ConnectionError('silentPeer', 'nothing'))).toMatchObject({
      reason: 'stalled',
      banMs: STALL_BAN_MS,
      isSilent: true,
    })
  })

  test.each([undefined, new Error('reset'), 'text'])('default: %s blames nobody', (error) => {
    expect(departureOf(error)).toBeUndefined()
  })
})
