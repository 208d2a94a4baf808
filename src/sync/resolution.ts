/**
 * Resolves a ref: finds the ref on disk, and its counterpart in the base (the last complete state). A ref carries its
 * counterpart along: the base's node at the ref's path, or the first one below. If both have the same hash, everything
 * below is the same and stored. If a node has changed, one node of the base is read, and the children are paired by
 * prefix.
 */
import { equalHash } from '../trie/keccak.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import type { Ref } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'
import type { Scope } from '../trie/scope.ts'
import { childRefs } from './child-refs.ts'
import type { Disk } from './disk.ts'
import type { Gap } from './frontier-items.ts'

/** The result of {@link resolveRef}. */
export interface Resolution {
  /**
   * `own`: the generation covers the node. `whole`: an older one has the node and everything below. `part`: an older
   * one has the node. `nothing`: the node must be fetched.
   */
  readonly found: 'own' | 'whole' | 'part' | 'nothing'
  /** The bytes of the node; empty if nothing was found. */
  readonly blob: Uint8Array
  /** Counterparts for the paths of the children. */
  readonly olds: readonly Ref[]
  /** True if an older generation may have nodes below. */
  readonly isTouched: boolean
}

const NOTHING = new Uint8Array()

export interface ResolveParts {
  readonly disk: Disk
  readonly leaf: LeafCallback | undefined
  /** The wanted part of the state. */
  readonly scope: Scope
  /** The stored part of the base's state. */
  readonly baseScope: Scope
}

/**
 * Asks the disk for an unresolved ref. Rejects as the disk does, and with `badRoot` if a node of the base has an
 * impossible form.
 */
export async function resolveRef(parts: ResolveParts, gap: Gap): Promise<Resolution> {
  const { disk, scope, baseScope } = parts
  const { path, hash } = gap
  const old = await counterpartOf(parts, gap)
  if (gap.unresolved === 'own') {
    const blob = await disk.node(path, hash)
    return { found: 'own', blob, olds: await oldsBelow(parts, path, old), isTouched: true }
  }
  if (isSame(old, path, hash)) {
    const blob = await disk.baseNode({ path, hash })
    const found = baseScope.contains(scope, path) ? 'whole' : 'part'
    return { found, blob, olds: oldRefs(parts, path, blob), isTouched: true }
  }
  const older = await disk.older({ path, hash })
  const blob = older.found === 'nothing' ? NOTHING : older.blob
  const isTouched = older.found !== 'nothing' || older.isTouched
  return { found: older.found, blob, olds: await oldsBelow(parts, path, old), isTouched }
}

/** True if `old` is this very node. */
export function isSame(old: Ref | null, path: Path, hash: Uint8Array): boolean {
  return old !== null && old.path === path && equalHash(old.hash, hash)
}

/** Returns the ref at, above or below `path`, or `null`. */
export function counterpart(olds: readonly Ref[], path: Path): Ref | null {
  return olds.find((old) => old.path.startsWith(path) || path.startsWith(old.path)) ?? null
}

/**
 * Returns the base's node at the path, or the first one below: the target may have an extension where the base has
 * branches.
 */
async function counterpartOf(parts: ResolveParts, { path, old }: Gap): Promise<Ref | null> {
  let at = old
  while (at !== null && at.path.length < path.length) {
    at = counterpart(oldRefs(parts, at.path, await parts.disk.baseNode(at)), path)
  }
  return at
}

/** Returns the counterparts for the paths below `path`. */
async function oldsBelow(parts: ResolveParts, path: Path, old: Ref | null): Promise<readonly Ref[]> {
  if (old === null) return []
  return old.path === path ? oldRefs(parts, path, await parts.disk.baseNode(old)) : [old]
}

/** Returns the children of a node of the base, without those outside of the base's scope. */
function oldRefs({ leaf, baseScope }: ResolveParts, path: Path, blob: Uint8Array): Ref[] {
  return childRefs(path, blob, leaf).filter((ref) => baseScope.includes(ref.path))
}
