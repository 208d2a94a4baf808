/**
 * Verified reads: walks from a trusted root down to a leaf, through nodes whose hashes have been checked. Where the way
 * ends without the key, the node at its end proves the absence.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { type Account, decodeAccount, decodeSlot, EMPTY_CODE_HASH_HEX, EMPTY_ROOT_HEX } from '../trie/account.ts'
import { type Child, decodeNode, type Node } from '../trie/node.ts'
import { nibbleAt, type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { ReadError } from './errors.ts'

/** Where nodes and codes come from. Both resolve with checked bytes only; `undefined`: not here. */
export interface StateNodes {
  node(path: Path, hash: Uint8Array): Promise<Uint8Array | undefined>
  /** `hash` is 32 bytes. */
  code(hash: Uint8Array): Promise<Uint8Array | undefined>
}

/** Reads of the state under one root. All reject with `notSynced` for what is not here, and `badRoot` for what cannot be. */
export class StateReader {
  readonly #root: Uint8Array
  readonly #nodes: StateNodes

  constructor(root: Uint8Array, nodes: StateNodes) {
    this.#root = root
    this.#nodes = nodes
  }

  /** The account with this key (32 bytes: the hash of its address); `null`: proven absent. */
  async account(key: Uint8Array): Promise<Account | null> {
    const value = await this.#leaf(this.#root, ROOT_PATH, pathOfKey(key))
    return value === null ? null : impossible(pathOfKey(key), () => decodeAccount(value))
  }

  /** The slot with this key (32 bytes) of an account; 0 for a slot that is proven absent, or an account that is. */
  async slot(accountKey: Uint8Array, slotKey: Uint8Array): Promise<bigint> {
    const account = await this.account(accountKey)
    if (account === null) return 0n
    const value = await this.#leaf(account.storageRoot, pathOfKey(accountKey), pathOfKey(slotKey))
    return value === null ? 0n : impossible(pathOfKey(accountKey), () => decodeSlot(value))
  }

  /** The bytecode of the account with this key; empty where there is none. */
  async code(accountKey: Uint8Array): Promise<Uint8Array> {
    const account = await this.account(accountKey)
    if (account === null) return new Uint8Array()
    const hash = bytesToHex(account.codeHash)
    if (hash === EMPTY_CODE_HASH_HEX) return new Uint8Array()
    const code = await this.#nodes.code(account.codeHash)
    if (code === undefined)
      throw new ReadError('notSynced', `the code 0x${hash} is not here yet`, { details: { hash } })
    return code
  }

  /** The value at `key` of the trie with this root, which hangs at `prefix` in the sequence. */
  async #leaf(root: Uint8Array, prefix: Path, key: Path): Promise<Uint8Array | null> {
    if (bytesToHex(root) === EMPTY_ROOT_HEX) return null
    let child: Child | null = { hash: root }
    let depth = 0
    while (child !== null) {
      const node: Node = 'node' in child ? child.node : await this.#node(child.hash, prefix, key, depth)
      if (node.kind === 'leaf') return key.slice(depth) === node.key ? node.value : null
      if (node.kind === 'branch') child = node.children[nibbleAt(key, depth++)] ?? null
      else {
        if (!key.startsWith(node.key, depth)) return null
        depth += node.key.length
        child = node.child
      }
    }
    return null
  }

  async #node(hash: Uint8Array, prefix: Path, key: Path, depth: number): Promise<Node> {
    const path = (prefix + key.slice(0, depth)) as Path
    const blob = await this.#nodes.node(path, hash)
    if (blob === undefined)
      throw new ReadError('notSynced', `the node at '${path}' is not here yet`, { details: { path } })
    return impossible(path, () => decodeNode(blob, depth))
  }
}

/** What has the right hash and an impossible form says that the root is bad. */
function impossible<T>(path: Path, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new ReadError(
      'badRoot',
      `the state at '${path}' has the right hash and an impossible form: the root is bad`,
      {
        details: { path },
        cause,
      },
    )
  }
}
