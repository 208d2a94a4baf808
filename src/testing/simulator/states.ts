/** The states of a trial: a random first state, and the changed states of later blocks. Their nodes are the oracle. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { encodeSlot } from '../../trie/account.ts'
import { type Keccak, keccak256 } from '../../trie/keccak.ts'
import type { Path } from '../../trie/path.ts'
import type { BuiltNode } from '../../trie/trie-builder.ts'
import { type AccountLeaf, buildState } from '../build-state.ts'
import type { Random } from '../random.ts'
import { type RandomState, randomState } from '../random-state.ts'

/** A state with all derived data. */
export interface SimulatedState {
  readonly accounts: readonly AccountLeaf[]
  /** Codes named by the accounts, by hash, hex digits. */
  readonly codes: ReadonlyMap<string, Uint8Array>
  readonly root: Uint8Array
  readonly rootHex: string
  /** In path order. */
  readonly nodes: readonly BuiltNode[]
  readonly indexOf: ReadonlyMap<Path, number>
  /** Bytes of all nodes by path, and of all codes. */
  readonly bytes: number
  /** Nodes on the longest way down from the root, storage included. */
  readonly depth: number
}

/** Returns a random state of `accounts` accounts. */
export function firstState(random: Random, accounts: number, keccak: Keccak): SimulatedState {
  return complete(randomState(random, accounts), keccak)
}

/** Returns the state after some blocks: accounts changed, added and deleted, slots changed, a new contract. */
export function nextState(random: Random, state: SimulatedState, keccak: Keccak): SimulatedState {
  const share = random.pick([0.01, 0.1, 0.5])
  const codes = new Map(state.codes)
  const accounts = state.accounts.flatMap((account) => {
    if (random() >= share) return [account]
    return random() < 0.1 ? [] : [changed(random, account)]
  })
  for (let more = random.int(4); more >= 0; more--) accounts.push(newAccount(random, codes))
  accounts.sort((a, b) => (bytesToHex(a.key) < bytesToHex(b.key) ? -1 : 1))
  return complete({ accounts, codes }, keccak)
}

function changed(random: Random, account: AccountLeaf): AccountLeaf {
  const slots = (account.slots ?? []).map(([key, value]): readonly [Uint8Array, Uint8Array] => {
    return [key, random() < 0.3 ? encodeSlot(BigInt(1 + random.int(2 ** 31))) : value]
  })
  return { ...account, nonce: account.nonce + 1n, slots }
}

function newAccount(random: Random, codes: Map<string, Uint8Array>): AccountLeaf {
  const account = { key: random.bytes(32), nonce: 1n, balance: BigInt(random.int(2 ** 31)) }
  if (random() < 0.5) return account
  const code = random.bytes(1 + random.int(400))
  const codeHash = keccak256(code)
  codes.set(bytesToHex(codeHash), code)
  return { ...account, codeHash }
}

/** Builds the state of these accounts. */
export function complete({ accounts, codes }: RandomState, keccak: Keccak): SimulatedState {
  const { root, nodes } = buildState(accounts, keccak)
  const named = new Set(accounts.flatMap(({ codeHash }) => (codeHash === undefined ? [] : [bytesToHex(codeHash)])))
  const ownCodes = new Map([...codes].filter(([hash]) => named.has(hash)))
  let bytes = 0
  for (const { blob } of nodes) bytes += blob.length
  for (const code of ownCodes.values()) bytes += code.length
  const indexOf = new Map(nodes.map(({ path }, index) => [path, index]))
  return { accounts, codes: ownCodes, root, rootHex: bytesToHex(root), nodes, indexOf, bytes, depth: depthOf(nodes) }
}

function depthOf(nodes: readonly BuiltNode[]): number {
  const above: Path[] = []
  let depth = 0
  for (const { path } of nodes) {
    while (above.length > 0 && !path.startsWith(above.at(-1)!)) above.pop()
    above.push(path)
    depth = Math.max(depth, above.length)
  }
  return depth
}
