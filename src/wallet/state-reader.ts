/**
 * Verified reads: walks from a trusted root down to a leaf, through nodes whose hashes have been checked. Where the way
 * ends without the key, the node at its end proves the absence.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { type Account, decodeAccount, decodeSlot, EMPTY_CODE_HASH_HEX, EMPTY_ROOT_HEX } from '../trie/account.ts'
import { type Child, decodeNode, type Node } from '../trie/node.ts'
import { KEY_NIBBLES, nibbleAt, type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { ReadError } from './errors.ts'

/** Where nodes and codes come from. Both resolve with checked bytes only; `undefined`: not here. */
export interface StateNodes {
  /** `key` is where the walk is going, 64 nibbles or a slot's 128: whoever has to fetch this node may fetch the rest of the way. */
  node(path: Path, hash: Uint8Array, key: Path): Promise<Uint8Array | undefined>
  /** `hash` is 32 bytes. */
  code(hash: Uint8Array): Promise<Uint8Array | undefined>
}

/** What proves a slot: from the root of the storage trie down; no nodes: the trie is empty. */
export interface SlotProof {
  readonly value: bigint
  readonly nodes: readonly Uint8Array[]
}

/** What proves an account (`null`: its absence) and slots of it, in the order in which they were asked for. */
export interface StateProof {
  readonly account: Account | null
  readonly nodes: readonly Uint8Array[]
  readonly slots: readonly SlotProof[]
}

/** Down to `key` in the trie with this root, which hangs at `prefix` in the sequence. */
interface Walk {
  readonly root: Uint8Array
  readonly prefix: Path
  readonly key: Path
  readonly goal: Path
  /** Takes the nodes that are met. */
  readonly nodes: Uint8Array[]
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
  account(key: Uint8Array): Promise<Account | null> {
    return this.#account(pathOfKey(key))
  }

  /** The slot with this key (32 bytes) of an account; 0 for a slot that is proven absent, or an account that is. */
  async slot(accountKey: Uint8Array, slotKey: Uint8Array): Promise<bigint> {
    return (await this.#slot(slotPath(accountKey, slotKey))).value
  }

  /** The bytecode of the account with this key; empty where there is none. */
  async code(accountKey: Uint8Array): Promise<Uint8Array> {
    const account = await this.account(accountKey)
    if (account === null) return new Uint8Array()
    const hash = bytesToHex(account.codeHash)
    if (hash === EMPTY_CODE_HASH_HEX) return new Uint8Array()
    const code = await this.#nodes.code(account.codeHash)
    if (code === undefined)
      throw new ReadError('notSynced', `the code with hash 0x${hash} is not on disk`, { details: { hash } })
    return code
  }

  /** The account with this key, the slots with these keys (32 bytes each), and all nodes that prove them, the root's first. */
  async proof(accountKey: Uint8Array, slotKeys: readonly Uint8Array[]): Promise<StateProof> {
    const nodes: Uint8Array[] = []
    const [account, ...slots] = await Promise.all([
      this.#account(pathOfKey(accountKey), pathOfKey(accountKey), nodes),
      ...slotKeys.map((slotKey) => this.#slot(slotPath(accountKey, slotKey))),
    ])
    return { account, nodes, slots }
  }

  /** `goal` is where the walk goes on to from the account: its own key, or that of a slot. The nodes on the way go to `nodes`. */
  async #account(key: Path, goal: Path = key, nodes: Uint8Array[] = []): Promise<Account | null> {
    const value = await this.#leaf({ root: this.#root, prefix: ROOT_PATH, key, goal, nodes })
    return value === null ? null : impossible(key, () => decodeAccount(value))
  }

  async #slot(path: Path): Promise<SlotProof> {
    const accountKey = path.slice(0, KEY_NIBBLES) as Path
    const account = await this.#account(accountKey, path)
    const nodes: Uint8Array[] = []
    if (account === null) return { value: 0n, nodes }
    const key = path.slice(KEY_NIBBLES) as Path
    const value = await this.#leaf({ root: account.storageRoot, prefix: accountKey, key, goal: path, nodes })
    return { value: value === null ? 0n : impossible(accountKey, () => decodeSlot(value)), nodes }
  }

  async #leaf(walk: Walk): Promise<Uint8Array | null> {
    const { root, key } = walk
    if (bytesToHex(root) === EMPTY_ROOT_HEX) return null
    let child: Child | null = { hash: root }
    let depth = 0
    while (child !== null) {
      const node: Node = 'node' in child ? child.node : await this.#node(child.hash, walk, depth)
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

  async #node(hash: Uint8Array, { prefix, key, goal, nodes }: Walk, depth: number): Promise<Node> {
    const path = (prefix + key.slice(0, depth)) as Path
    const blob = await this.#nodes.node(path, hash, goal)
    if (blob === undefined)
      throw new ReadError('notSynced', `a node on the way to it is not on disk`, { details: { path } })
    nodes.push(blob)
    return impossible(path, () => decodeNode(blob, depth))
  }
}

function slotPath(accountKey: Uint8Array, slotKey: Uint8Array): Path {
  return (pathOfKey(accountKey) + pathOfKey(slotKey)) as Path
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
