/**
 * Resolving a ref: what the disk has of it, and what the base (the last complete state) has in its place. A ref carries its
 * counterpart along, the base's node at or first below its path: where the two have one hash, everything below is the same
 * and stored; where a node has changed, one node of the base is read, and the children are paired by prefix.
 */
import { equalHash } from '../trie/keccak.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import type { Ref } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'
import { childRefs } from './child-refs.ts'
import type { Disk } from './disk.ts'
import type { Gap } from './frontier.ts'

/** What {@link resolveRef} found out. */
export interface Resolution {
  /**
   * `own`: the generation covers the node; `whole`: an older one has it and everything below; `part`: an older one has it;
   * `nothing`: it is to be fetched.
   */
  readonly found: 'own' | 'whole' | 'part' | 'nothing'
  /** The node; empty if nothing was found. */
  readonly blob: Uint8Array
  /** Counterparts for the paths of its children. */
  readonly olds: readonly Ref[]
  /** An older generation may have something below it. */
  readonly isTouched: boolean
}

const NOTHING = new Uint8Array()

/** Asks the disk for an unresolved ref. Rejects as the disk does, and with `badRoot` if a node of the base cannot be. */
export async function resolveRef(disk: Disk, gap: Gap, leaf: LeafCallback | undefined): Promise<Resolution> {
  const { path, hash } = gap
  const old = await counterpartOf(disk, gap, leaf)
  if (gap.unresolved === 'own') {
    const blob = await disk.node(path, hash)
    return { found: 'own', blob, olds: await oldsBelow(disk, path, old, leaf), isTouched: true }
  }
  if (isSame(old, path, hash)) {
    const blob = await disk.baseNode({ path, hash })
    return { found: 'whole', blob, olds: childRefs(path, blob, leaf), isTouched: true }
  }
  const older = await disk.older({ path, hash })
  const blob = older.found === 'nothing' ? NOTHING : older.blob
  const isTouched = older.found !== 'nothing' || older.isTouched
  return { found: older.found, blob, olds: await oldsBelow(disk, path, old, leaf), isTouched }
}

/** True if `old` is this very node. */
export function isSame(old: Ref | null, path: Path, hash: Uint8Array): boolean {
  return old !== null && old.path === path && equalHash(old.hash, hash)
}

/** Which of the refs stands at `path`, above it, or below it. */
export function counterpart(olds: readonly Ref[], path: Path): Ref | null {
  return olds.find((old) => old.path.startsWith(path) || path.startsWith(old.path)) ?? null
}

/** The base's node at or first below the path: the target may have an extension where the base has branches. */
async function counterpartOf(disk: Disk, { path, old }: Gap, leaf: LeafCallback | undefined): Promise<Ref | null> {
  let at = old
  while (at !== null && at.path.length < path.length) {
    at = counterpart(childRefs(at.path, await disk.baseNode(at), leaf), path)
  }
  return at
}

/** The counterparts for the paths below `path`. */
async function oldsBelow(
  disk: Disk,
  path: Path,
  old: Ref | null,
  leaf: LeafCallback | undefined,
): Promise<readonly Ref[]> {
  if (old === null) return []
  return old.path === path ? childRefs(path, await disk.baseNode(old), leaf) : [old]
}
