/** The nodes under one root, wherever they are: fetched before, below (in a running sync, on disk), or with peers. */
import type { Path } from '../trie/path.ts'
import type { WayNode } from '../trie/way.ts'
import type { FetchedNodes } from './fetched-nodes.ts'
import type { Fetcher } from './fetcher.ts'
import type { StateNodes } from './state-reader.ts'

export interface OnDemandOptions {
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly below: StateNodes
  readonly fetched: FetchedNodes
  readonly fetcher: Pick<Fetcher, 'way' | 'code'>
  /** Something was fetched that nobody else has: from now on `fetched` has it. */
  readonly onNodes: (nodes: readonly WayNode[]) => void
  readonly onCode: (hash: Uint8Array, bytes: Uint8Array) => void
}

/** Reads reject with `notSynced`, which says why, for what nobody has. */
export class OnDemandNodes implements StateNodes {
  readonly #options: OnDemandOptions

  constructor(options: OnDemandOptions) {
    this.#options = options
  }

  async node(path: Path, hash: Uint8Array, key: Path): Promise<Uint8Array> {
    const { root, below, fetched, fetcher, onNodes } = this.#options
    const known = fetched.get(hash) ?? (await below.node(path, hash, key)) ?? fetched.get(hash)
    if (known !== undefined) return known
    const nodes = await fetcher.way({ root, path, hash, key })
    onNodes(nodes)
    return nodes[0]!.blob
  }

  async code(hash: Uint8Array): Promise<Uint8Array> {
    const { below, fetched, fetcher, onCode } = this.#options
    const known = (await below.code(hash)) ?? fetched.get(hash)
    if (known !== undefined) return known
    const code = await fetcher.code(hash)
    fetched.addCode(hash, code)
    onCode(hash, code)
    return code
  }
}
