/** The nodes on the wire: takes apart the runs and ways served by a peer. Counts only true nodes. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Served } from '../src/server/index.ts'
import { childRefs } from '../src/sync/child-refs.ts'
import { checkWay } from '../src/trie/check-way.ts'
import { nobleKeccak } from '../src/trie/keccak.ts'
import { scanAccount } from '../src/trie/leaf.ts'
import type { Ref } from '../src/trie/node-source.ts'
import type { Path } from '../src/trie/path.ts'
import { rlpItemEnd } from '../src/trie/rlp.ts'

export class ServedLog {
  #served: Served[] = []

  add(served: Served): void {
    this.#served.push(served)
  }

  /** The number of answers so far, empty ones included. */
  get answers(): number {
    return this.#served.length
  }

  /** Forgets everything. */
  clear(): void {
    this.#served = []
  }

  /** The path of each served node, in order, with repetitions. */
  paths(): Path[] {
    return this.#served.flatMap((served) => {
      if (served.kind === 'run') return pathsOfRun(served.ref.path, served.bytes)
      return served.kind === 'path' ? pathsOfWay(served.ref, served.key, served.bytes) : []
    })
  }

  /** The hash (hex digits) of each served code, in order, with repetitions. */
  codes(): string[] {
    return this.#served.flatMap((served) =>
      served.kind === 'code' && served.bytes.length > 0 ? [bytesToHex(served.hash)] : [],
    )
  }
}

/** Returns the paths of a way, where each node names the next one. */
function pathsOfWay(ref: Ref, key: Path, way: Uint8Array): Path[] {
  const { nodes, lie } = checkWay(ref, key, way, nobleKeccak)
  if (lie !== null) throw new Error(`the way at '${ref.path}' is none`)
  return nodes.map(({ path }) => path)
}

/** Returns the paths of a run, a walk in pre-order: each node stands at the last path still owed. */
function pathsOfRun(start: Path, run: Uint8Array): Path[] {
  const paths: Path[] = []
  const owed: Path[] = [start]
  for (let at = 0; at < run.length; ) {
    const end = rlpItemEnd(run, at, run.length)
    const path = owed.pop()
    if (end < 0 || path === undefined) throw new Error(`the run at '${start}' is none`)
    paths.push(path)
    const children = childRefs(path, run.subarray(at, end), scanAccount).map((ref) => ref.path)
    owed.push(...children.reverse())
    at = end
  }
  return paths
}
