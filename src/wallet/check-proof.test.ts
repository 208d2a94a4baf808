import { verifyMerkleProof } from '@ethereumjs/mpt'
import { bytesToHex } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AccountLeaf } from '../testing/build-state.ts'
import { mptOracle, type Oracle } from '../testing/oracle.ts'
import { encodeSlot } from '../trie/account.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import { checkProof } from './check-proof.ts'
import type { ProofInput } from './input.ts'
import { keyOfAddress, keyOfSlot } from './keys.ts'
import { StateReader } from './state-reader.ts'

const ADDRESSES = Array.from({ length: 50 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}`)
const ABSENT = `0x${'f'.repeat(40)}`
let oracle: Oracle

beforeAll(async () => {
  const accounts = ADDRESSES.map((address, i): AccountLeaf => {
    const slots = Array.from({ length: i % 7 }, (_, slot) => [keyOfSlot(slot), encodeSlot(BigInt(slot + 1))] as const)
    return { key: keyOfAddress(address), nonce: BigInt(i), balance: 5n, slots }
  })
  oracle = await mptOracle(accounts)
})

/** Returns a proof as another client's `eth_getProof` returns proofs. */
async function proofOf(address: string, slots: readonly number[]): Promise<ProofInput> {
  const nodes = { node: async (path: string) => oracle.nodes.get(path as never), code: async () => undefined }
  const { nodes: way, slots: proofs } = await new StateReader(oracle.root, nodes).proof(
    keyOfAddress(address),
    slots.map(keyOfSlot),
  )
  const hex = (blob: Uint8Array) => `0x${bytesToHex(blob)}`
  const storageProof = slots.map((slot, i) => ({ key: `0x${slot.toString(16)}`, proof: proofs[i]!.nodes.map(hex) }))
  return { address, accountProof: way.map(hex), storageProof }
}

describe('checkProof', () => {
  test('default: gives the nodes of a proof with their places', async () => {
    for (const [address, slots] of [
      [ADDRESSES[6]!, [0, 3, 99]],
      [ADDRESSES[0]!, [1]],
      [ABSENT, [1]],
    ] as const) {
      const proof = await proofOf(address, slots)
      const nodes = await checkProof(oracle.root, proof, nobleKeccak)
      for (const { path, blob } of nodes) expect(oracle.nodes.get(path)).toEqual(blob)
      const way = nodes.filter(({ path }) => path.length < 64).map(({ blob }) => blob)
      // Another verifier accepts the proof as well.
      await verifyMerkleProof(keyOfAddress(address), way, { root: oracle.root })
    }
  })

  test('behavior: what is in it beside the proof is left out', async () => {
    const proof = await proofOf(ADDRESSES[6]!, [])
    const other = await proofOf(ADDRESSES[7]!, [])
    const nodes = await checkProof(
      oracle.root,
      { ...proof, accountProof: [...other.accountProof, ...proof.accountProof] },
      nobleKeccak,
    )
    expect(nodes.map(({ blob }) => `0x${bytesToHex(blob)}`)).toEqual(proof.accountProof)
  })

  test('error: a proof of another root, address or slot, one that is cut off or changed, and garbage', async () => {
    const proof = await proofOf(ADDRESSES[6]!, [3])
    const flipped = proof.accountProof.with(
      -1,
      proof.accountProof.at(-1)!.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    )
    const [slot] = proof.storageProof!
    const bad: [Uint8Array, ProofInput][] = [
      [new Uint8Array(32), proof],
      [oracle.root, { ...proof, address: ADDRESSES[7]! }],
      [oracle.root, { ...proof, accountProof: proof.accountProof.slice(0, -1) }],
      [oracle.root, { ...proof, accountProof: flipped }],
      [oracle.root, { ...proof, accountProof: ['0x', 'zz'] }],
      [oracle.root, { ...proof, storageProof: [{ ...slot!, key: '0x4' }] }],
      [oracle.root, { ...proof, storageProof: [{ ...slot!, proof: slot!.proof.slice(1) }] }],
    ]
    for (const [root, input] of bad) {
      await expect(checkProof(root, input, nobleKeccak)).rejects.toMatchObject({ code: 'badProof' })
    }
    await expect(checkProof(oracle.root, { ...proof, address: '0x1' }, nobleKeccak)).rejects.toMatchObject({
      code: 'badAddress',
    })
  })
})
