/**
 * The pages, codes and loose pages of one generation in plain lists, for the scheduler's tests: the remains of a sync
 * after a crash.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Code, Contents, Page, Stretch } from '../sync/disk.ts'
import { addCounts, noCounts } from '../sync/frontier.ts'
import type { Resolution } from '../sync/resolution.ts'
import type { Path } from '../trie/path.ts'
import { Scope } from '../trie/scope.ts'
import { findInSequence, SequenceCursor } from '../trie/sequence.ts'

/** Contents of a generation before the first page. */
export const NOTHING: Contents = {
  complete: false,
  stretches: [],
  loose: [],
  codes: new Set(),
  wanted: [],
  counts: noCounts(),
  codeCounts: { count: 0, bytes: 0 },
  base: null,
  scope: Scope.ALL,
  baseScope: Scope.ALL,
  hasOlder: false,
}

/** Returns the disk's answer for a node covered by the generation's own pages. */
export function covered(blob: Uint8Array): Resolution {
  return { found: 'own', blob, olds: [], isTouched: true }
}

export class PageMap {
  /** In path order. */
  pages: Page[] = []
  loose: Uint8Array[] = []
  codes: Code[] = []

  write(pages: readonly Page[], codes: readonly Code[]): void {
    this.pages.push(...pages)
    this.codes.push(...codes)
    this.pages.sort((a, b) => (a.start < b.start ? -1 : 1))
  }

  /** Returns the contents a next scheduler starts from. */
  contents(): Contents {
    const stretches: Stretch[] = []
    const counts = noCounts()
    for (const { start, end, counts: more } of this.pages) {
      const last = stretches.at(-1)
      if (last?.end === start) stretches[stretches.length - 1] = { start: last.start, end }
      else stretches.push({ start, end })
      addCounts(counts, more)
    }
    const codes = new Set(this.codes.map((code) => code.hash))
    const wanted = this.pages.flatMap((page) => page.codes).filter((hash) => !codes.has(hash))
    return {
      ...NOTHING,
      stretches,
      loose: this.loose,
      codes,
      wanted: [...new Set(wanted)],
      counts,
      codeCounts: { count: codes.size, bytes: 0 },
    }
  }

  /** Returns every node, in path order. */
  entries(): (readonly [Path, Uint8Array])[] {
    return this.pages.flatMap((page) => entriesOf(page.bytes))
  }

  /** Returns every node as text, for fast comparisons. */
  text(): string {
    return textOf(this.entries())
  }

  find(path: Path): Uint8Array | undefined {
    const page = this.pages.find(({ start, end }) => start <= path && path < end)
    return page && findInSequence(page.bytes, path)
  }
}

/** Returns a sequence as text: one line for each node. */
export function textOf(sequence: readonly (readonly [Path, Uint8Array])[]): string {
  return sequence.map(([path, blob]) => `${path} ${bytesToHex(blob)}`).join('\n')
}

function entriesOf(bytes: Uint8Array): (readonly [Path, Uint8Array])[] {
  const entries: (readonly [Path, Uint8Array])[] = []
  const cursor = new SequenceCursor(bytes)
  while (cursor.next()) entries.push([cursor.path, bytes.slice(cursor.start, cursor.end)])
  return entries
}
