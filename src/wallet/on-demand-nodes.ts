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
  /** Counts the source of each node and code; `null` or left out: no counts. */
  readonly sources?: ReadSources | null
}

/** The nodes and codes of a read, by source. */
interface ReadSources {
  /** Fetched by an earlier read, and used before the first request of this one. */
  memory: number
  /** On disk, or in a running sync. */
  disk: number
  peers: number
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
    const known =
      this.#fromMemory(fetched.get(hash)) ??
      this.#fromDisk(await below.node(path, hash, key)) ??
      this.#fromMemory(fetched.get(hash))
    if (known !== undefined) return known
    const nodes = this.#fromPeers(await fetcher.way({ root, path, hash, key }))
    onNodes(nodes)
    return nodes[0]!.blob
  }

  async code(hash: Uint8Array): Promise<Uint8Array> {
    const { below, fetched, fetcher, onCode } = this.#options
    const known = this.#fromDisk(await below.code(hash)) ?? this.#fromMemory(fetched.get(hash))
    if (known !== undefined) return known
    const code = this.#fromPeers(await fetcher.code(hash))
    fetched.addCode(hash, code)
    onCode(hash, code)
    return code
  }

  /** Behind a request of this read, the memory holds the other nodes of the answer. */
  #fromMemory<T>(known: T | undefined): T | undefined {
    const { sources } = this.#options
    if (sources && known !== undefined) sources[sources.peers > 0 ? 'peers' : 'memory']++
    return known
  }

  #fromDisk<T>(known: T | undefined): T | undefined {
    const { sources } = this.#options
    if (sources && known !== undefined) sources.disk++
    return known
  }

  #fromPeers<T>(fetched: T): T {
    const { sources } = this.#options
    if (sources) sources.peers++
    return fetched
  }
}
