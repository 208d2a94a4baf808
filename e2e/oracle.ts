/** The whole node set and all codes of a served state, made by `@ethereumjs/mpt` from the state's plain description. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { type AccountDescription, generateAccounts } from '../src/server/index.ts'
import type { AccountLeaf } from '../src/testing/build-state.ts'
import { mptOracle } from '../src/testing/oracle.ts'
import { encodeSlot } from '../src/trie/account.ts'
import { createFastKeccak } from '../src/trie/fast-keccak.ts'
import type { Keccak } from '../src/trie/keccak.ts'
import type { Path } from '../src/trie/path.ts'

/** The expected content of a disk at the end. */
export interface ExpectedNodes {
  /** `0x` and 64 hex digits. */
  readonly root: string
  readonly nodes: ReadonlyMap<Path, Uint8Array>
  /** By hash, hex digits. */
  readonly codes: ReadonlyMap<string, Uint8Array>
}

/** Returns the oracle of `States.generated`. */
export async function generatedNodes(accounts: number, seed: number): Promise<ExpectedNodes> {
  const keccak = await createFastKeccak()
  const leaves: AccountLeaf[] = []
  const codes = new Map<string, Uint8Array>()
  for (const account of generateAccounts({ accounts, seed, keccak })) {
    leaves.push(leafOf(account, keccak))
    if (account.code !== undefined) codes.set(bytesToHex(keccak.digest(account.code)), account.code)
  }
  const { root, nodes } = await mptOracle(leaves)
  return { root: `0x${bytesToHex(root)}`, nodes, codes }
}

function leafOf({ address, nonce, balance, code, slots }: AccountDescription, keccak: Keccak): AccountLeaf {
  const slotLeaf = ([slot, value]: readonly [bigint, bigint]) =>
    [keccak.digest(hexToBytes(slot.toString(16).padStart(64, '0'))), encodeSlot(value)] as const
  const codeHash = code === undefined ? {} : { codeHash: keccak.digest(code) }
  return { key: keccak.digest(address), nonce, balance, ...codeHash, slots: slots.map(slotLeaf) }
}
