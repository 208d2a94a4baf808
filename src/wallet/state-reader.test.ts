import { verifyMerkleProof } from '@ethereumjs/mpt'
import { bytesToHex } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { mptOracle, type Oracle } from '../testing/oracle.ts'
import { seededRandom } from '../testing/random.ts'
import { type RandomState, randomState } from '../testing/random-state.ts'
import { EMPTY_CODE_HASH, EMPTY_ROOT, encodeAccount, encodeSlot } from '../trie/account.ts'
import { equalHash, keccak256 } from '../trie/keccak.ts'
import type { Path } from '../trie/path.ts'
import { type StateNodes, StateReader } from './state-reader.ts'

let state: RandomState
let oracle: Oracle

beforeAll(async () => {
  state = randomState(seededRandom(3), 200)
  oracle = await mptOracle(state.accounts)
})

/** Returns the oracle's nodes, except the nodes at `missing` and below. */
function nodesWithout(missing?: Path): StateNodes {
  return {
    async node(path, hash) {
      const blob = missing !== undefined && path.startsWith(missing) ? undefined : oracle.nodes.get(path)
      if (blob !== undefined) expect(equalHash(keccak256(blob), hash)).toBe(true)
      return blob
    },
    code: async (hash) => state.codes.get(bytesToHex(hash)),
  }
}

const reader = (missing?: Path) => new StateReader(oracle.root, nodesWithout(missing))
const otherKey = (key: Uint8Array, at: number) => {
  const other = key.slice()
  other[at]! ^= 1
  return other
}

describe('StateReader', () => {
  test('default: every account, slot and code is what was put in', async () => {
    for (const account of state.accounts) {
      const { key, nonce, balance, codeHash = EMPTY_CODE_HASH, slots = [] } = account
      expect(await reader().account(key)).toMatchObject({ nonce, balance, codeHash })
      expect(await reader().code(key)).toEqual(state.codes.get(bytesToHex(codeHash)) ?? new Uint8Array())
      for (const [slotKey, value] of slots) {
        const number = BigInt(`0x${bytesToHex(value.length === 1 ? value : value.subarray(1))}`)
        expect(await reader().slot(key, slotKey)).toBe(number)
      }
    }
  })

  test('behavior: what is not there is proven absent, wherever the way ends', async () => {
    for (const { key, slots = [] } of state.accounts.slice(0, 50)) {
      for (const at of [0, 1, 16, 31]) {
        const absent = otherKey(key, at)
        if (state.accounts.some((account) => equalHash(account.key, absent))) continue
        expect(await reader().account(absent)).toBeNull()
        expect(await reader().slot(absent, absent)).toBe(0n)
        expect(await reader().code(absent)).toEqual(new Uint8Array())
      }
      for (const [slotKey] of slots) expect(await reader().slot(key, otherKey(slotKey, 31))).toBe(0n)
    }
  })

  test('behavior: nothing is in an empty state', async () => {
    const empty = new StateReader(EMPTY_ROOT, nodesWithout('' as Path))
    expect(await empty.account(state.accounts[0]!.key)).toBeNull()
  })

  test('behavior: proofs convince another verifier, of what is there and of what is not', async () => {
    const proven = async (root: Uint8Array, key: Uint8Array, nodes: readonly Uint8Array[]) =>
      equalHash(root, EMPTY_ROOT) && nodes.length === 0 ? null : verifyMerkleProof(key, [...nodes], { root })
    for (const { key, slots = [] } of state.accounts) {
      const slotKeys = [...slots.map(([slotKey]) => slotKey), otherKey(key, 31)]
      const proof = await reader().proof(key, slotKeys)
      expect(await proven(oracle.root, key, proof.nodes)).toEqual(encodeAccount(proof.account!))
      for (const [i, slotKey] of slotKeys.entries()) {
        const { value, nodes } = proof.slots[i]!
        const leaf = value === 0n ? null : encodeSlot(value)
        expect(await proven(proof.account!.storageRoot, slotKey, nodes)).toEqual(leaf)
      }
      const absent = otherKey(key, 0)
      const absence = await reader().proof(absent, [absent])
      expect(absence).toMatchObject({ account: null, slots: [{ value: 0n, nodes: [] }] })
      expect(await proven(oracle.root, absent, absence.nodes)).toBeNull()
    }
  })

  test('error: a node that is not here is notSynced, never null', async () => {
    const { key } = state.accounts[0]!
    for (const length of [0, 1]) {
      const missing = bytesToHex(key).slice(0, length) as Path
      await expect(reader(missing).account(key)).rejects.toMatchObject({ code: 'notSynced' })
    }
    const contract = state.accounts.find(({ slots }) => slots !== undefined && slots.length > 0)!
    const storage = reader(bytesToHex(contract.key) as Path)
    await expect(storage.slot(contract.key, contract.slots![0]![0])).rejects.toMatchObject({ code: 'notSynced' })
  })

  test('error: a code that is not here is notSynced', async () => {
    const { key } = state.accounts.find(({ codeHash }) => codeHash !== undefined)!
    const nodes = { ...nodesWithout(), code: async () => undefined }
    await expect(new StateReader(oracle.root, nodes).code(key)).rejects.toMatchObject({ code: 'notSynced' })
  })

  test('error: a node of an impossible form is badRoot', async () => {
    const blob = Uint8Array.from([0xc2, 0x80, 0x80])
    const nodes = { node: async () => blob, code: async () => undefined }
    const bad = new StateReader(keccak256(blob), nodes)
    await expect(bad.account(state.accounts[0]!.key)).rejects.toMatchObject({
      code: 'badRoot',
      cause: { code: 'badNode' },
    })
  })
})
