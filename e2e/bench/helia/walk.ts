/** Walks through a state from its root, many blocks at a time, as a holder of blocks by CID would. */
import { type Reference, referencesOf } from './references.ts'

/** Fetches each node and code of the state once, at most `wants` at a time. `root` is 64 hex digits. */
export function walkState(root: string, wants: number, fetch: (hash: string) => Promise<Uint8Array>): Promise<void> {
  // The last one first, which keeps the list short.
  const waiting: Reference[] = []
  const known = new Set<string>()
  let asked = 0
  const meet = (reference: Reference) => {
    if (known.has(reference.hash)) return
    known.add(reference.hash)
    waiting.push(reference)
  }
  return new Promise((resolve, reject) => {
    const ask = async (reference: Reference) => {
      const blob = await fetch(reference.hash)
      asked--
      for (const found of referencesOf(blob, reference)) meet(found)
      goOn()
    }
    const goOn = () => {
      for (; asked < wants && waiting.length > 0; asked++) ask(waiting.pop()!).catch(reject)
      if (asked === 0) resolve()
    }
    meet({ hash: root, trie: 'account', depth: 0 })
    goOn()
  })
}
