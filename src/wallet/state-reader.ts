/**
 * Verified reads: walks from a trusted root down to a leaf, through nodes with checked hashes. If the way ends without
 * the key, its last node proves the absence.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { type Account, decodeAccount, decodeSlot, EMPTY_CODE_HASH_HEX, EMPTY_ROOT_HEX } from '../trie/account.ts'
import { type Child, decodeNode, type Node } from '../trie/node.ts'
import { KEY_NIBBLES, nibbleAt, type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { ReadError } from './errors.ts'

/**
 * A source of nodes and codes. Both methods resolve with checked bytes, or with `undefined` if the data is not here.
 */
export interface StateNodes {
  /**
   * Returns a node. `key` is the goal of the walk: 64 nibbles for an account, 128 for a slot. A source fetching this
   * node may fetch the rest of the way as well.
   */
  node(path: Path, hash: Uint8Array, key: Path): Promise<Uint8Array | undefined>
  /** Returns the code with this hash (32 bytes). */
  code(hash: Uint8Array): Promise<Uint8Array | undefined>
}

/** The proof of a slot: the nodes from the root of the storage trie down. No nodes: the trie is empty. */
export interface SlotProof {
  readonly value: bigint
  readonly nodes: readonly Uint8Array[]
}

/** The proof of an account (`null`: of its absence), and of its slots in the requested order. */
export interface StateProof {
  readonly account: Account | null
  readonly nodes: readonly Uint8Array[]
  readonly slots: readonly SlotProof[]
}

/**
 * A walk down to `key` in the trie with this root. `prefix` is the path of the trie in the whole state; `goal` is the
 * `key` of {@link StateNodes.node}.
 */
interface Walk {
  readonly root: Uint8Array
  readonly prefix: Path
  readonly key: Path
  readonly goal: Path
  /** Collects the nodes on the way. */
  readonly nodes: Uint8Array[]
}

/**
 * Reads of the state under one root. Reads reject with `notSynced` for data not here, and with `badRoot` for impossible
 * data.
 */
export class StateReader {
  readonly #root: Uint8Array
  readonly #nodes: StateNodes

  constructor(root: Uint8Array, nodes: StateNodes) {
    this.#root = root
    this.#nodes = nodes
  }

  /** Returns the account with this key (32 bytes: the hash of its address); `null` if proven absent. */
  account(key: Uint8Array): Promise<Account | null> {
    return this.#account(pathOfKey(key))
  }

  /** Returns the slot with this key (32 bytes) of an account; 0 if the slot or the account is proven absent. */
  async slot(accountKey: Uint8Array, slotKey: Uint8Array): Promise<bigint> {
    return (await this.#slot(slotPath(accountKey, slotKey))).value
  }

  /** Returns the bytecode of the account with this key (32 bytes); empty if there is none. */
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

  /**
   * Returns the account and its slots with these keys (32 bytes each), and all nodes proving them, the root's first.
   */
  async proof(accountKey: Uint8Array, slotKeys: readonly Uint8Array[]): Promise<StateProof> {
    const nodes: Uint8Array[] = []
    const [account, ...slots] = await Promise.all([
      this.#account(pathOfKey(accountKey), pathOfKey(accountKey), nodes),
      ...slotKeys.map((slotKey) => this.#slot(slotPath(accountKey, slotKey))),
    ])
    return { account, nodes, slots }
  }

  /**
   * Returns the account at `key`. `goal` is the final goal of the walk: the account or one of its slots. `nodes`
   * collects the nodes on the way.
   */
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

/**
 * Returns the result of `decode`. Throws `badRoot` if decoding fails: data with the right hash and an impossible form
 * means a bad root.
 */
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
