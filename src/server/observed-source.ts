/** Reports a source's answers, so tests can count the nodes crossing the wire. */
import type { NodeSource, Ref } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'

/** One answer. `bytes` is empty if the source does not have the item. */
export type Served =
  | { readonly kind: 'run'; readonly root: Uint8Array; readonly ref: Ref; readonly bytes: Uint8Array }
  | {
      readonly kind: 'path'
      readonly root: Uint8Array
      readonly ref: Ref
      readonly key: Path
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'code' | 'header'; readonly hash: Uint8Array; readonly bytes: Uint8Array }

/** Wraps `source`, and calls `onServed` for each answer before sending. */
export function observedSource(source: NodeSource, onServed: (served: Served) => void): NodeSource {
  return {
    has: (root) => source.has(root),
    async run(root, ref, maxNodes, maxBytes, work) {
      const bytes = await source.run(root, ref, maxNodes, maxBytes, work)
      onServed({ kind: 'run', root, ref, bytes })
      return bytes
    },
    async path(root, ref, key, work) {
      const bytes = await source.path(root, ref, key, work)
      onServed({ kind: 'path', root, ref, key, bytes })
      return bytes
    },
    async code(hash) {
      const code = await source.code(hash)
      onServed({ kind: 'code', hash, bytes: code ?? new Uint8Array() })
      return code
    },
    async header(hash) {
      const header = await source.header?.(hash)
      onServed({ kind: 'header', hash, bytes: header ?? new Uint8Array() })
      return header
    },
  }
}
