/**
 * Vices of peers never sending a false byte: silence, slowness, missing data, small answers. The lying peers are in
 * `liar.ts`.
 */
import type { NodeSource, Ref } from '../../trie/node-source.ts'
import type { Random } from '../random.ts'
import { runOf, type TrieSource } from './trie-source.ts'

/** Vices of a peer's source. */
export const TRUTHFUL_VICES = [
  /** Never answers. */
  'silent',
  /** Answers after seconds, often after the timeout. */
  'slow',
  /** Announces the root, and has no data. */
  'empty',
  /** Allows one ref a request, a few nodes an answer, one or two requests at a time. */
  'capped',
  /** Has and announces other roots only. */
  'staleRoot',
  /** Ends every connection after a few answers. */
  'quitting',
  /** Has one half of the key space, by the first nibble. */
  'halved',
  /** Answers one node for each ref, whatever the request: a database keyed by hash. */
  'hashByHash',
] as const

/** Vices of peers sending false or unrequested data. */
export const LYING_VICES = [
  /** Flips bits in nodes. */
  'corrupt',
  /** Adds bytes behind the end of a run, or whole items. */
  'bloated',
  /** Sends old answers again: under their own ids, or as the answers to newer requests. */
  'replaying',
  /** Flips bits in codes. The nodes are true. */
  'codeLiar',
  /** Cuts runs in the middle of a node. */
  'truncating',
  /** Sends frames without a valid message. */
  'garbled',
] as const

type TruthfulVice = (typeof TRUTHFUL_VICES)[number]
export type LyingVice = (typeof LYING_VICES)[number]
export type Vice = 'honest' | TruthfulVice | LyingVice

export function isLying(vice: Vice): vice is LyingVice {
  return (LYING_VICES as readonly string[]).includes(vice)
}

const NOTHING = new Uint8Array()

/** Returns the source of a peer with this vice, over the data in `source`. */
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

/** Returns the run up to the first missing node. */
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
