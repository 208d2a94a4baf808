/**
 * Checks of a database for any moment, also after a kill. They run in Node, with the store's and the sync's own code.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { MemoryRecords } from '../src/store/database/memory-records.ts'
import type { Operation } from '../src/store/format/record-types.ts'
import { StateStore } from '../src/store/state-store.ts'
import { resolveRef } from '../src/sync/resolution.ts'
import { Scheduler } from '../src/sync/scheduler.ts'
import { checkFrontier } from '../src/testing/simulator/frontier-check.ts'
import type { PlacedNode } from '../src/testing/simulator/same-node.ts'
import { createFastKeccak } from '../src/trie/fast-keccak.ts'
import { scanAccount } from '../src/trie/leaf.ts'
import type { StoredPage } from './disk.ts'
import type { ExpectedNodes } from './oracle.ts'

/** A state in path order, as input of the checks. */
export type Sequence = readonly PlacedNode[]

export function sequenceOf({ nodes }: ExpectedNodes): Sequence {
  return [...nodes].map(([path, blob]) => ({ path, blob })).sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Throws unless each page, in path order, holds exactly the state's nodes in its stretch. */
export function checkPages(pages: readonly StoredPage[], sequence: Sequence): void {
  let at = 0
  for (const { key, nodes } of pages) {
    while (at < sequence.length && sequence[at]!.path < key.start) at++
    const from = at
    while (at < sequence.length && sequence[at]!.path < key.end) at++
    const expected = sequence.slice(from, at)
    const isRight = expected.every(({ path, blob }) => Buffer.compare(nodes.get(path) ?? new Uint8Array(), blob) === 0)
    if (!isRight || nodes.size !== expected.length) throw new Error(`the page [${key.start}, ${key.end}) is not valid`)
  }
}

/** Throws unless a sync starting from these records knows exactly the missing parts of the state. */
export async function checkRestart(operations: readonly Operation[], root: string, sequence: Sequence): Promise<void> {
  const records = new MemoryRecords()
  await records.write([{ kind: 'clear', store: 'meta' }, ...operations])
  const keccak = await createFastKeccak()
  const store = await StateStore.over(records, { keccak })
  const generation = await store.target({ root: hexToBytes(root.slice(2)) })
  const contents = await generation.contents()
  const scheduler = new Scheduler({ root: generation.root, keccak, contents, leaf: scanAccount })
  const { scope, baseScope } = contents
  for (let refs = scheduler.unresolved(1); refs.length > 0; refs = scheduler.unresolved(1)) {
    for (const ref of refs)
      scheduler.resolve(ref, await resolveRef({ disk: generation, leaf: scanAccount, scope, baseScope }, ref))
  }
  checkFrontier(scheduler, { nodes: sequence })
  await store.close()
}
