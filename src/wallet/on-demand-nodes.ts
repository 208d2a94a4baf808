/**
 * The nodes under one root, from three places: fetched earlier, below (in a running sync or on disk), or from peers.
 */

import type { WayNode } from '../trie/check-way.ts'
import type { Path } from '../trie/path.ts'
import type { FetchedNodes } from './fetched-nodes.ts'
import type { Fetcher } from './fetcher.ts'
import type { StateNodes } from './state-reader.ts'

export interface OnDemandOptions {
  /** The state root, 32 bytes. */
  readonly root: Uint8Array
  readonly below: StateNodes
  readonly fetched: FetchedNodes
  readonly fetcher: Pick<Fetcher, 'way' | 'code'>
  /** Takes newly fetched nodes. The handler must add them to `fetched`. */
  readonly onNodes: (nodes: readonly WayNode[]) => void
  readonly onCode: (hash: Uint8Array, bytes: Uint8Array) => void
}

/**
 * A source of nodes and codes. Reads reject with `notSynced`, with the reason, if neither the disk nor a peer has the
 * data.
 */
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
