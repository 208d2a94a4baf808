import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAccount, decodeSlot, EMPTY_CODE_HASH, EMPTY_ROOT, encodeAccount, encodeSlot } from './account.ts'
import { equalHash } from './keccak.ts'
import { checkSlot, LeafRefs, scanAccount } from './leaf.ts'

const hash = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.constant(EMPTY_ROOT),
  fc.constant(EMPTY_CODE_HASH),
  fc.uint8Array({ minLength: 30, maxLength: 34 }),
)
const integer = fc.oneof(
  fc.bigInt(0n, 2n ** 64n).map((value) => RLP.encode(value)),
  fc.uint8Array({ maxLength: 34 }).map((bytes) => RLP.encode(bytes)),
)
const account = fc.tuple(integer, integer, hash, hash).map(([nonce, balance, root, code]) => {
  const parts = [RLP.decode(nonce), RLP.decode(balance), root, code]
  return RLP.encode(parts as Uint8Array[])
})
const edits = fc.array(fc.tuple(fc.nat(120), fc.constantFrom('set', 'insert', 'remove'), fc.nat(255)), { maxLength: 2 })

function edited(bytes: Uint8Array, changes: [number, string, number][]): Uint8Array {
  const list = [...bytes]
  for (const [at, kind, byte] of changes) {
    if (kind === 'set') list[at % (list.length + 1)] = byte
    else list.splice(at % (list.length + 1), kind === 'remove' ? 1 : 0, ...(kind === 'insert' ? [byte] : []))
  }
  return Uint8Array.from(list)
}

function accepted(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'badValue' })
    return false
  }
}

/** Returns the value between other bytes, as in a run, with its start and end. */
function inRun(value: Uint8Array): [Uint8Array, number, number] {
  const bytes = new Uint8Array(value.length + 10).fill(0xa0)
  bytes.set(value, 5)
  return [bytes, 5, 5 + value.length]
}

describe('scanAccount', () => {
  test('default: finds the storage root and the code hash of an account that has them', () => {
    const [storageRoot, codeHash] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const [bytes, start, end] = inRun(encodeAccount({ nonce: 1n, balance: 2n, storageRoot, codeHash }))
    const refs = new LeafRefs()
    scanAccount(bytes, start, end, refs)
    expect(equalHash(storageRoot, bytes, refs.storageRoot)).toBe(true)
    expect(equalHash(codeHash, bytes, refs.codeHash)).toBe(true)
  })

  test('behavior: an account without storage and code leads nowhere', () => {
    const value = encodeAccount({ nonce: 0n, balance: 0n, storageRoot: EMPTY_ROOT, codeHash: EMPTY_CODE_HASH })
    const refs = new LeafRefs()
    scanAccount(value, 0, value.length, refs)
    expect([refs.storageRoot, refs.codeHash]).toEqual([-1, -1])
  })

  test('behavior: accepts what decodeAccount accepts, with the same hashes', () => {
    let both = 0
    const run = ([value, changes]: [Uint8Array, [number, string, number][]]) => {
      const blob = edited(value, changes)
      const [bytes, start, end] = inRun(blob)
      const refs = new LeafRefs()
      const plain = accepted(() => decodeAccount(blob))
      expect(accepted(() => scanAccount(bytes, start, end, refs))).toBe(plain)
      if (!plain) return
      both++
      const { storageRoot, codeHash } = decodeAccount(blob)
      expect(refs.storageRoot < 0 ? EMPTY_ROOT : bytes.slice(refs.storageRoot, refs.storageRoot + 32)).toEqual(
        storageRoot,
      )
      expect(refs.codeHash < 0 ? EMPTY_CODE_HASH : bytes.slice(refs.codeHash, refs.codeHash + 32)).toEqual(codeHash)
    }
    fc.assert(fc.property(fc.tuple(account, edits), run), { numRuns: 5_000 })
    expect(both).toBeGreaterThan(200)
  })
})

describe('checkSlot', () => {
  test('behavior: accepts what decodeSlot accepts', () => {
    let both = 0
    const value = fc.oneof(fc.bigInt(0n, 2n ** 256n - 1n).map(encodeSlot), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(value, edits, (bytes, changes) => {
        const blob = edited(bytes, changes)
        const plain = accepted(() => decodeSlot(blob))
        expect(accepted(() => checkSlot(...inRun(blob)))).toBe(plain)
        if (plain) both++
      }),
      { numRuns: 5_000 },
    )
    expect(both).toBeGreaterThan(200)
  })
})
