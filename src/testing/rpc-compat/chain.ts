/** The chain of the official pairs: all headers, and the state of the head. */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { encodeSlot } from '../../trie/account.ts'
import { keccak256 } from '../../trie/keccak.ts'
import { type BlockHeader, decodeHeader } from '../../wallet/header.ts'
import type { StateNodes } from '../../wallet/state-reader.ts'
import { type AccountLeaf, buildState } from '../build-state.ts'
import { readVectorFile } from './vectors.ts'

export interface VectorChain {
  readonly chainId: number
  /** Blocks from number 1 on, in order. `chain.rlp` leaves the genesis block out. */
  readonly blocks: readonly VectorBlock[]
  /** The newest block. */
  readonly head: VectorBlock
  readonly state: VectorState
}

export interface VectorBlock {
  /** RLP of the header. */
  readonly rlp: Uint8Array
  readonly header: BlockHeader
}

/** The state of the head. */
interface VectorState {
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Every node and code, checked by hash. */
  readonly nodes: StateNodes
}

/** Reads the chain. Throws unless the state has the root named in the header of the head. */
export function readVectorChain(): VectorChain {
  const blocks = readBlocks(readVectorFile('chain.rlp'))
  const head = blocks.at(-1)
  if (head === undefined) throw new Error('chain.rlp has no block')
  const state = readState(parse('headstate.json'))
  const root = `0x${bytesToHex(state.root)}`
  if (root !== head.header.stateRoot) throw new Error(`the state is ${root}, and the head's ${head.header.stateRoot}`)
  const genesis = parse<{ config: { chainId: number } }>('genesis.json')
  return { chainId: genesis.config.chainId, blocks, head, state }
}

/** Reads consecutive blocks. Each block is a list, with the header as the first item. */
function readBlocks(bytes: Uint8Array): VectorBlock[] {
  const blocks: VectorBlock[] = []
  let rest = bytes
  while (rest.length > 0) {
    const { data, remainder } = RLP.decode(rest, true)
    const rlp = RLP.encode((data as Uint8Array[])[0]!)
    blocks.push({ rlp, header: decodeHeader(rlp) })
    rest = remainder
  }
  return blocks
}

interface DumpedAccount {
  readonly balance: string
  readonly nonce: number
  readonly key: string
  readonly code?: string
  /** Hex digits without a prefix, by slot. */
  readonly storage?: Readonly<Record<string, string>>
}

/** Builds the state of geth's `dump`. */
function readState({ accounts }: { accounts: Readonly<Record<string, DumpedAccount>> }): VectorState {
  const codes = new Map<string, Uint8Array>()
  const leaves = Object.values(accounts).map(({ balance, nonce, key, code, storage = {} }): AccountLeaf => {
    const bytes = bytesOf(code ?? '0x')
    codes.set(bytesToHex(keccak256(bytes)), bytes)
    const slots = Object.entries(storage).map(([slot, value]): [Uint8Array, Uint8Array] => [
      keccak256(bytesOf(slot)),
      encodeSlot(BigInt(`0x${value}`)),
    ])
    slots.sort(([a], [b]) => compare(a, b))
    return { key: bytesOf(key), nonce: BigInt(nonce), balance: BigInt(balance), codeHash: keccak256(bytes), slots }
  })
  leaves.sort((a, b) => compare(a.key, b.key))
  const { root, nodes } = buildState(leaves)
  const byHash = new Map(nodes.map(({ hash, blob }) => [bytesToHex(hash), blob]))
  return {
    root,
    nodes: {
      node: async (_, hash) => byHash.get(bytesToHex(hash)),
      code: async (hash) => codes.get(bytesToHex(hash)),
    },
  }
}

function parse<T>(name: string): T {
  return JSON.parse(new TextDecoder().decode(readVectorFile(name))) as T
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex.slice(2))
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return bytesToHex(a) < bytesToHex(b) ? -1 : 1
}
