import { type NestedUint8Array, RLP } from '@ethereumjs/rlp'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keccak256 } from '../trie/keccak.ts'
import { type BlockHeader, checkHeader, decodeHeader } from './header.ts'
import { KNOWN_HEADERS, RPC_HEADERS } from './known-headers.suite.ts'

const coded = (code: string, field?: string) =>
  expect.objectContaining({ code, ...(field === undefined ? {} : { details: expect.objectContaining({ field }) }) })
const known = (fork: string) => KNOWN_HEADERS.find((header) => header.fork === fork)!
const itemsOf = (fork: string) => RLP.decode(hexToBytes(known(fork).rlp)) as Uint8Array[]
const LATEST = 'Osaka'

/** The fields added to the block by each fork. */
const ADDED: Readonly<Record<string, readonly (keyof BlockHeader)[]>> = {
  London: ['baseFeePerGas'],
  Shanghai: ['withdrawalsRoot'],
  Cancun: ['blobGasUsed', 'excessBlobGas', 'parentBeaconBlockRoot'],
  Prague: ['requestsHash'],
}
const FIELDS = Object.keys(RPC_HEADERS[LATEST]!).slice(1) as (keyof BlockHeader)[]

/** Returns a header as JSON-RPC represents headers. */
function rpcOf(header: BlockHeader): Record<string, string> {
  const fields = Object.entries(header).filter(([, value]) => value !== null)
  return Object.fromEntries(
    fields.map(([name, value]) => [name, typeof value === 'string' ? value : `0x${value.toString(16)}`]),
  )
}

describe('decodeHeader', () => {
  test.each(Object.entries(RPC_HEADERS))(
    'default: the block of %s is, field by field, what a node tells of it',
    (fork, rpc) => {
      expect(rpcOf(decodeHeader(hexToBytes(known(fork).rlp)))).toEqual(rpc)
    },
  )

  test('behavior: a field is null in blocks that are older than it', () => {
    const missing = new Set(Object.values(ADDED).flat())
    for (const { fork, rlp } of KNOWN_HEADERS) {
      for (const field of ADDED[fork] ?? []) missing.delete(field)
      const header = decodeHeader(hexToBytes(rlp))
      expect(FIELDS.filter((field) => header[field] === null)).toEqual(FIELDS.filter((field) => missing.has(field)))
    }
  })

  test('behavior: fields of forks that are not known yet are passed over, and hashed', () => {
    const items = itemsOf(LATEST)
    for (const later of [Uint8Array.of(7), new Uint8Array(), [Uint8Array.of(1)]]) {
      const rlp = RLP.encode([...items, later] as NestedUint8Array)
      expect(decodeHeader(rlp)).toEqual({
        ...decodeHeader(hexToBytes(known(LATEST).rlp)),
        hash: `0x${bytesToHex(keccak256(rlp))}`,
      })
    }
  })

  test('error: badHeader: a field that is missing, of another kind, or of another size', () => {
    const items = itemsOf(LATEST)
    const isQuantity = (field: keyof BlockHeader) => typeof decodeHeader(RLP.encode(items))[field] !== 'string'
    for (const [i, field] of FIELDS.entries()) {
      const put = (item: Uint8Array | Uint8Array[]) => RLP.encode([...items.slice(0, i), item, ...items.slice(i + 1)])
      const size = items[i]!.length
      const wrong = [[items[i]!], []] as (Uint8Array | Uint8Array[])[]
      if (isQuantity(field)) wrong.push(Uint8Array.of(0), Uint8Array.of(0, 1), new Uint8Array(33).fill(1))
      else if (field !== 'extraData') wrong.push(items[i]!.subarray(1), new Uint8Array(size + 1), new Uint8Array())
      for (const item of wrong) expect(() => decodeHeader(put(item))).toThrow(coded('badHeader', field))
      // Every header has the first fifteen fields.
      if (i < 15) expect(() => decodeHeader(RLP.encode(items.slice(0, i)))).toThrow(coded('badHeader', field))
    }
  })

  test.each(['number', 'timestamp'] as const)('error: badHeader: a %s of 2^53', (field) => {
    const items = itemsOf('Frontier')
    items[FIELDS.indexOf(field)] = hexToBytes('20000000000000')
    expect(() => decodeHeader(RLP.encode(items))).toThrow(coded('badHeader', field))
  })

  test.each<[string, Uint8Array]>([
    ['no bytes', new Uint8Array()],
    ['a string', RLP.encode('header')],
    ['an empty list', RLP.encode([])],
    ['bytes behind the list', concatBytes(hexToBytes(known(LATEST).rlp), Uint8Array.of(0x80))],
    ['a list that is cut off', hexToBytes(known(LATEST).rlp).subarray(0, -1)],
    ['a byte that has a prefix and needs none', withLastItem(Uint8Array.of(0x81, 0x7f))],
    ['a length that is longer than it must be', withLastItem(concatBytes(Uint8Array.of(0xb8, 32), new Uint8Array(32)))],
    ['lists within lists, as deep as they go', nested(5_000)],
  ])('error: badHeader: %s', (_, rlp) => {
    expect(() => decodeHeader(rlp)).toThrow(coded('badHeader'))
  })

  test('error: badHeader: anything, or a header that was bent, and nothing else is thrown', () => {
    const rlp = hexToBytes(known(LATEST).rlp)
    const bent = fc
      .tuple(fc.nat(rlp.length - 1), fc.nat(255))
      .map(([at, byte]) => rlp.map((each, i) => (i === at ? byte : each)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 700 }), bent), (bytes) => {
        try {
          decodeHeader(bytes)
        } catch (error) {
          expect(error).toEqual(coded('badHeader'))
        }
      }),
    )
  })
})

describe('checkHeader', () => {
  test.each(KNOWN_HEADERS)('default: block $number of $network ($fork) has its hash', ({ number, hash, rlp }) => {
    expect(checkHeader(hexToBytes(hash), hexToBytes(rlp))).toMatchObject({ number, hash: `0x${hash}` })
  })

  test.each(KNOWN_HEADERS)('error: headerMismatch: any field of a block of $fork is another', ({ hash, rlp }) => {
    const items = RLP.decode(hexToBytes(rlp)) as Uint8Array[]
    for (const [i, item] of items.entries()) {
      const other =
        item.length === 0 ? Uint8Array.of(1) : item.map((byte, at) => (at === item.length - 1 ? byte ^ 1 : byte))
      const bent = RLP.encode([...items.slice(0, i), other, ...items.slice(i + 1)])
      expect(() => checkHeader(hexToBytes(hash), bent)).toThrow(coded('headerMismatch'))
    }
  })

  test('error: headerMismatch tells both hashes', () => {
    const [one, other] = [known('London'), known('Berlin')]
    expect(() => checkHeader(hexToBytes(one.hash), hexToBytes(other.rlp))).toThrow(
      expect.objectContaining({ details: { got: `0x${other.hash}`, expected: `0x${one.hash}` } }),
    )
  })

  test('error: badHeader: the right hash of what is no header', () => {
    const rlp = RLP.encode([])
    expect(() => checkHeader(keccak256(rlp), rlp)).toThrow(coded('badHeader'))
  })
})

/** Returns the latest header with its last item, of 33 bytes, replaced by these bytes. */
function withLastItem(item: Uint8Array): Uint8Array {
  const items = concatBytes(
    ...itemsOf(LATEST)
      .slice(0, -1)
      .map((each) => RLP.encode(each)),
    item,
  )
  return concatBytes(Uint8Array.of(0xf9, items.length >> 8, items.length & 255), items)
}

/** Returns an empty list nested in `depth` lists. */
function nested(depth: number): Uint8Array {
  const headers: Uint8Array[] = []
  for (let i = 0, length = 0; i < depth; i++) {
    const size = length < 56 ? [0xc0 + length] : length < 256 ? [0xf8, length] : [0xf9, length >> 8, length & 255]
    headers.push(Uint8Array.from(size))
    length += size.length
  }
  return concatBytes(...headers.reverse())
}
