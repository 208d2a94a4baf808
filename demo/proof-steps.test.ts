import { createMerkleProof, MerklePatriciaTrie } from '@ethereumjs/mpt'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { keyOf, proofSteps } from './proof-steps.ts'

const addressOf = (index: number) => `0x${index.toString(16).padStart(40, '0')}`

describe('proofSteps', () => {
  const trie = new MerklePatriciaTrie()
  beforeAll(async () => {
    for (let index = 0; index < 300; index++) {
      await trie.put(hexToBytes(keyOf(addressOf(index))), new Uint8Array(70).fill(index + 1))
    }
  })
  const proofOf = async (address: string) => {
    const nodes = await createMerkleProof(trie, hexToBytes(keyOf(address)))
    return nodes.map((node) => `0x${bytesToHex(node)}`)
  }

  test('default: goes on along the key, from the root to the leaf', async () => {
    const key = keyOf(addressOf(7))
    const steps = proofSteps(addressOf(7), await proofOf(addressOf(7)))
    expect(steps.length).toBeGreaterThan(2)
    expect(steps[0]).toMatchObject({
      hash: `0x${bytesToHex(trie.root())}`,
      kind: 'branch',
      text: `goes on at ${key[0]}`,
    })
    expect(steps[1]).toMatchObject({ text: `goes on at ${key[1]}` })
    expect(steps.at(-1)).toMatchObject({ kind: 'leaf', text: expect.stringContaining('holds the value: ') })
    for (const [index, { hash }] of steps.slice(1).entries()) expect(steps[index]!.node).toContain(hash.slice(2))
  })

  test('behavior: says where the way to an absent key ends', async () => {
    const absent = Array.from({ length: 40 }, (_, index) => addressOf(1000 + index))
    const ends = new Set<string>()
    for (const address of absent) ends.add(proofSteps(address, await proofOf(address)).at(-1)!.text)
    for (const text of ends) expect(text).toMatch(/(has nothing at .|another key): proven absent$/)
    expect(ends.size).toBeGreaterThan(1)
  })
})
