/**
 * What can be wrong with a peer that never sends a false byte: it says nothing, it is slow, it has nothing or half, it
 * gives little. Those that lie are in `liar.ts`.
 */
import type { NodeSource, Ref } from '../../trie/node-source.ts'
import type { Random } from '../random.ts'
import { runOf, type TrieSource } from './trie-source.ts'

/** Vices that a peer's source has. */
export const TRUTHFUL_VICES = [
  /** Never answers. */
  'silent',
  /** Answers after seconds, often after its timeout. */
  'slow',
  /** Says that it has the root, and has nothing. */
  'empty',
  /** One ref a request, a few nodes an answer, one or two requests at a time. */
  'capped',
  /** Has other roots only, and says so. */
  'staleRoot',
  /** Ends its connection after a few answers, each time. */
  'quitting',
  /** Has the half of the key space that its first nibble is in. */
  'halved',
  /** One node for each ref, whatever is asked: a database that is keyed by hash. */
  'hashByHash',
] as const

/** Vices that send something false, or something that nobody asked for. */
export const LYING_VICES = [
  /** Flips bits in nodes. */
  'corrupt',
  /** Adds bytes behind the end of a run, or whole items. */
  'bloated',
  /** Sends old answers again: under their own ids, or as the answers to newer requests. */
  'replaying',
  /** Flips bits in codes; its nodes are true. */
  'codeLiar',
  /** Cuts runs in the middle of a node. */
  'truncating',
  /** Sends frames that are no messages. */
  'garbled',
] as const

export type TruthfulVice = (typeof TRUTHFUL_VICES)[number]
export type LyingVice = (typeof LYING_VICES)[number]
export type Vice = 'honest' | TruthfulVice | LyingVice

export function isLying(vice: Vice): vice is LyingVice {
  return (LYING_VICES as readonly string[]).includes(vice)
}

const NOTHING = new Uint8Array()

/** The source of a peer with this vice; what it has is in `source`. */
export function viciousSource(source: TrieSource, vice: Vice, random: Random): NodeSource {
  const upper = random() < 0.5
  const hasPath = (path: string) => path.length === 0 || path >= '8' === upper
  return {
    has: (root) => source.has(root),
    async path(root, ref, key) {
      if (vice === 'silent') return new Promise<never>(() => {})
      if (vice === 'empty' || (vice === 'halved' && !hasPath(key))) return NOTHING
      return source.path(root, ref, key)
    },
    async run(root, ref, maxNodes, maxBytes) {
      if (vice === 'silent') return new Promise<never>(() => {})
      if (vice === 'empty') return NOTHING
      if (vice === 'hashByHash') return source.run(root, ref, 1, maxBytes)
      if (vice === 'halved') return halfRun(source, root, ref, maxNodes, maxBytes, hasPath)
      return source.run(root, ref, maxNodes, maxBytes)
    },
    async code(hash) {
      if (vice === 'silent') return new Promise<never>(() => {})
      return vice === 'empty' ? undefined : source.code(hash)
    },
  }
}

/** The run as far as the peer has all of it. */
async function halfRun(
  source: TrieSource,
  root: Uint8Array,
  ref: Ref,
  maxNodes: number,
  maxBytes: number,
  has: (path: string) => boolean,
): Promise<Uint8Array> {
  if (!has(ref.path)) return NOTHING
  if (ref.path.length > 0 || maxNodes === 1) return source.run(root, ref, maxNodes, maxBytes)
  const state = source.states.find(({ root: other }) => other.every((byte, i) => byte === root[i]))
  if (state === undefined) return NOTHING
  const run = runOf(state, ref, maxNodes, maxBytes)
  const cut = state.nodes.slice(0, run.length).findIndex(({ path }) => !has(path))
  return Uint8Array.from(Buffer.concat(cut < 0 ? run : run.slice(0, cut)))
}
