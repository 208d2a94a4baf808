import { RLP } from '@ethereumjs/rlp'
import { describe, expect, test } from 'vitest'
import { decodeAccount, decodeSlot, EMPTY_CODE_HASH, EMPTY_ROOT, encodeAccount, encodeSlot } from './account.ts'
import { createFastKeccak } from './fast-keccak.ts'
import { keccak256, nobleKeccak } from './keccak.ts'

const hash = (byte: number) => new Uint8Array(32).fill(byte)

describe('decodeAccount', () => {
  test('default: is the inverse of encodeAccount', () => {
    const account = { nonce: 2n ** 64n - 1n, balance: 10n ** 30n, storageRoot: hash(1), codeHash: hash(2) }
    expect(decodeAccount(encodeAccount(account))).toEqual(account)
    const empty = { nonce: 0n, balance: 0n, storageRoot: EMPTY_ROOT, codeHash: EMPTY_CODE_HASH }
    expect(decodeAccount(encodeAccount(empty))).toEqual(empty)
  })

  test.each([
    ['a string', RLP.encode('account')],
    ['three items', RLP.encode([1, 2, hash(1)])],
    ['five items', RLP.encode([1, 2, hash(1), hash(2), 0])],
    ['a nonce of nine bytes', RLP.encode([new Uint8Array(9).fill(1), 2, hash(1), hash(2)])],
    ['a balance of 33 bytes', RLP.encode([1, new Uint8Array(33).fill(1), hash(1), hash(2)])],
    ['a leading zero', RLP.encode([Uint8Array.of(0, 1), 2, hash(1), hash(2)])],
    ['a short storage root', RLP.encode([1, 2, hash(1).subarray(1), hash(2)])],
    ['a code hash that is a list', RLP.encode([1, 2, hash(1), [hash(2)]])],
    ['trailing bytes', Uint8Array.of(...RLP.encode([1, 2, hash(1), hash(2)]), 0)],
    ['nothing', new Uint8Array()],
  ])('error: %s', (_, value) => {
    expect(() => decodeAccount(value)).toThrow(expect.objectContaining({ code: 'badValue' }))
  })
})

describe('decodeSlot', () => {
  test('default: is the inverse of encodeSlot', () => {
    for (const value of [1n, 127n, 128n, 2n ** 256n - 1n]) expect(decodeSlot(encodeSlot(value))).toBe(value)
  })

  test.each([
    ['zero', encodeSlot(0n)],
    ['a leading zero', RLP.encode(Uint8Array.of(0, 1))],
    ['33 bytes', RLP.encode(new Uint8Array(33).fill(1))],
    ['a list', RLP.encode([1])],
    ['trailing bytes', Uint8Array.of(1, 1)],
    ['nothing', new Uint8Array()],
  ])('error: %s', (_, value) => {
    expect(() => decodeSlot(value)).toThrow(expect.objectContaining({ code: 'badValue' }))
  })
})

describe('createFastKeccak', () => {
  test('default: WebAssembly gives the digests of noble', async () => {
    const fast = await createFastKeccak()
    expect(fast.implementation).toBe('wasm')
    for (const length of [0, 1, 31, 32, 135, 136, 137, 532, 5000]) {
      const message = Uint8Array.from({ length }, (_, i) => i * 7)
      expect(fast.digest(message)).toEqual(keccak256(message))
      expect(nobleKeccak.digest(message)).toEqual(keccak256(message))
    }
  })

  test('behavior: the constants are the hashes that they claim to be', () => {
    expect(keccak256(RLP.encode(''))).toEqual(EMPTY_ROOT)
    expect(keccak256(new Uint8Array())).toEqual(EMPTY_CODE_HASH)
  })
})
