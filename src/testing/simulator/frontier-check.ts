/**
 * Checks the invariant of the frontier against the oracle's nodes. Each node is in a span (byte for byte), in a stored
 * stretch, at or below a gap, or in an older generation. No node is in two spans, or in a span and a gap.
 */
import type { Gap, Span } from '../../sync/frontier-items.ts'
import type { Scheduler } from '../../sync/scheduler.ts'
import { type Position, subtreeEnd } from '../../trie/path.ts'
import { SequenceCursor } from '../../trie/sequence.ts'
import { isSameNode, type PlacedNode } from './same-node.ts'

const UNKNOWN = 0
const IN_SPAN = 1
const STORED = 2

/** In path order. */
type Nodes = readonly PlacedNode[]

/**
 * Throws if a node of the state is false, in two items of the frontier, or in none. `isStored` finds nodes of other
 * generations.
 */
export function checkFrontier(
  scheduler: Scheduler,
  { nodes }: { readonly nodes: Nodes },
  isStored: (node: PlacedNode) => boolean = () => false,
): void {
  const where = new Uint8Array(nodes.length)
  const gaps: Gap[] = []
  let at = 0
  let before: Position = ''
  for (const item of scheduler.items()) {
    if (item.start < before) throw new Error(`'${item.start}' stands behind '${before}'`)
    before = item.start
    while (at < nodes.length && nodes[at]!.path < item.start) at++
    if (item.kind === 'gap') gaps.push(item)
    else if (item.kind === 'span') noteSpan(item, nodes, at, where)
    else if (item.kind === 'stored') {
      for (let i = at; i < nodes.length && nodes[i]!.path < item.end; i++) note(where, i, STORED, nodes)
    }
  }
  checkGaps(gaps, nodes, where, isStored)
}

function note(where: Uint8Array, index: number, place: number, nodes: Nodes): void {
  if (where[index] !== UNKNOWN) throw new Error(`two items of the frontier hold '${nodes[index]!.path}'`)
  where[index] = place
}

function noteSpan(span: Span, nodes: Nodes, from: number, where: Uint8Array): void {
  const cursor = new SequenceCursor(span.writer.view())
  for (let i = from; cursor.next(); i++) {
    const { path } = cursor
    while (i < nodes.length && nodes[i]!.path < path) i++ // a span leaves nodes of older generations out
    const node = nodes[i]
    if (node === undefined || !isSameNode(cursor, node)) throw new Error(`a false node at '${path}' in a span`)
    note(where, i, IN_SPAN, nodes)
  }
}

function checkGaps(
  gaps: readonly Gap[],
  nodes: Nodes,
  where: Uint8Array,
  isStored: (node: PlacedNode) => boolean,
): void {
  let gap = 0
  let openUntil: Position = ''
  for (let i = 0; i < nodes.length; i++) {
    const { path } = nodes[i]!
    for (; gap < gaps.length && gaps[gap]!.path <= path; gap++) {
      const { path: start, unresolved } = gaps[gap]!
      if (start !== path) throw new Error(`a gap at '${start}', where nothing stands`)
      if ((unresolved === 'own') !== (where[i] === STORED)) throw new Error(`'${path}' is a gap, and known`)
      if (where[i] === IN_SPAN) throw new Error(`'${path}' is a gap, and in a span`)
      const end = subtreeEnd(start)
      if (end > openUntil) openUntil = end
    }
    if (where[i] !== UNKNOWN || path < openUntil) continue
    if (!isStored(nodes[i]!)) throw new Error(`nobody knows of '${path}'`)
  }
}
