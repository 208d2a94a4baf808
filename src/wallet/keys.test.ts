import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { keccak256 } from '../trie/keccak.ts'
import { keyOfAddress, keyOfSlot } from './keys.ts'

const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const coded = (code: string) => expect.objectContaining({ code })

describe('keyOfAddress', () => {
  test('default: the hash of the address, whatever the case of its letters', () => {
    expect(keyOfAddress(ADDRESS)).toEqual(keccak256(Buffer.from(ADDRESS.slice(2), 'hex')))
    expect(keyOfAddress(`0x${ADDRESS.slice(2).toUpperCase()}`)).toEqual(keyOfAddress(ADDRESS))
  })

  test.each([ADDRESS.slice(2), `${ADDRESS}0`, ADDRESS.slice(0, -1), '0x', ''])('error: %s', (address) => {
    expect(() => keyOfAddress(address)).toThrow(coded('badAddress'))
  })
})

describe('keyOfSlot', () => {
  test('default: the hash of 32 bytes, from an integer or from hex digits', () => {
    // The well-known key of slot 0.
    expect(bytesToHex(keyOfSlot(0n))).toBe('290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563')
    expect(keyOfSlot('0x0')).toEqual(keyOfSlot(0))
    expect(keyOfSlot(`0x${'00'.repeat(31)}ff`)).toEqual(keyOfSlot(255n))
    expect(keyOfSlot(2n ** 256n - 1n)).toEqual(keyOfSlot(`0x${'f'.repeat(64)}`))
  })

  test.each([-1n, 2n ** 256n, -1, 1.5, Number.NaN, 2 ** 60, '12', '0x', `0x1${'0'.repeat(64)}`, 'slot'])(
    'error: %s',
    (slot) => {
      expect(() => keyOfSlot(slot)).toThrow(coded('badSlot'))
    },
  )
})
