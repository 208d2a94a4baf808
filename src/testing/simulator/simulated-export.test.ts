import { describe, expect, test } from 'vitest'
import { RootlightError } from '../../runtime/error.ts'
import { runExport } from './simulated-export.ts'
import type { Tab } from './tab.ts'

/** Returns a tab whose export fails. The store names a new copy of each of the roots in turn. */
function failingTab(...roots: readonly number[]): Tab {
  const left = [...roots]
  const store = { lastComplete: () => ({ root: new Uint8Array(32).fill(left.shift()!) }) }
  // biome-ignore lint/correctness/useYield: the export fails at once
  const exporting = async function* () {
    throw new RootlightError('generationGone', 'gone')
  }
  return { store, export: exporting } as unknown as Tab
}

describe('runExport', () => {
  test('behavior: an export that fails because another state is complete is counted', async () => {
    const counted: string[] = []
    await runExport(failingTab(1, 2), { states: [], count: (what) => counted.push(what) })
    expect(counted).toEqual(['exports overtaken'])
  })

  test('error: an export that fails while the same state is complete, in whatever copy of its root', async () => {
    const exported = runExport(failingTab(1, 1), { states: [], count: () => {} })
    await expect(exported).rejects.toThrow('an export fails')
  })
})
