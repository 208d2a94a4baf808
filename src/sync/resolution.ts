/**
 * Resolving a ref: what the disk has of it, and what the base (the last complete state) has in its place. A ref carries its
 * counterpart along, the base's node at or first below its path: where the two have one hash, everything below is the same
 * and stored; where a node has changed, one node of the base is read, and the children are paired by prefix.
 */
import { equalHash } from '../trie/keccak.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import type { Ref } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'
import type { Scope } from '../trie/scope.ts'
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

export interface ResolveParts {
  readonly disk: Disk
  readonly leaf: LeafCallback | undefined
  /** Which part of the state is wanted. */
  readonly scope: Scope
  /** Which part of its state the base has. */
  readonly baseScope: Scope
}

/** Asks the disk for an unresolved ref. Rejects as the disk does, and with `badRoot` if a node of the base cannot be. */
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

/** Which of the refs stands at `path`, above it, or below it. */
export function counterpart(olds: readonly Ref[], path: Path): Ref | null {
  return olds.find((old) => old.path.startsWith(path) || path.startsWith(old.path)) ?? null
}

/** The base's node at or first below the path: the target may have an extension where the base has branches. */
async function counterpartOf(parts: ResolveParts, { path, old }: Gap): Promise<Ref | null> {
  let at = old
  while (at !== null && at.path.length < path.length) {
    at = counterpart(oldRefs(parts, at.path, await parts.disk.baseNode(at)), path)
  }
  return at
}

/** The counterparts for the paths below `path`. */
async function oldsBelow(parts: ResolveParts, path: Path, old: Ref | null): Promise<readonly Ref[]> {
  if (old === null) return []
  return old.path === path ? oldRefs(parts, path, await parts.disk.baseNode(old)) : [old]
}

/** The children of a node of the base, as far as it has them. */
function oldRefs({ leaf, baseScope }: ResolveParts, path: Path, blob: Uint8Array): Ref[] {
  return childRefs(path, blob, leaf).filter((ref) => baseScope.includes(ref.path))
}
