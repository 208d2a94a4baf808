/**
 * A tab serves another one during its own sync: only verified nodes are handed on, and the tab's own reads stay whole.
 */
import type { Page } from '@playwright/test'
import type { NodeSource } from '../src/trie/node-source.ts'
import { differences, NO_DIFFERENCES, nodesOf, readDisk } from './disk.ts'
import { expect } from './fixtures.ts'
import { generatedNodes } from './oracle.ts'
import { rootOf } from './states.ts'
import { connect, openServing, test } from './webrtc.ts'

const ACCOUNTS = 3_000
const SEED = 5

test.describe.configure({ timeout: 120_000 })

test('a tab serves while it syncs: both complete with the state, and neither finds any damage', async ({
  openTab,
  relay,
  peer,
  states,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const gate = gated()
  const server = await peer([state], { vice: gate.vice })
  const serving = await openTab()
  const address = await openServing(serving, relay, [server.address])
  await serving.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
  // A part of the state is on disk, and announced. The rest waits behind the gate.
  await serving.waitForFunction(() => (window.e2e.latest.progress?.nodes ?? 0) > 0)

  const other = await openTab()
  await connect(other, [address])
  await other.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
  await other.waitForFunction(() => (window.e2e.latest.progress?.nodes ?? 0) > 0)
  expect(await phaseOf(serving)).not.toBe('complete')
  gate.open()

  const tabs = [serving, other]
  for (const tab of tabs) {
    expect(await tab.evaluate(() => window.e2e.latest.sync.done)).toMatchObject({ phase: 'complete', fraction: 1 })
  }
  const expected = await generatedNodes(ACCOUNTS, SEED)
  for (const tab of tabs) {
    expect(await tab.evaluate(() => window.e2e.damages)).toEqual([])
    const disk = await readDisk(tab)
    expect(differences(nodesOf([...disk.pages, ...disk.loose]), expected.nodes)).toEqual(NO_DIFFERENCES)
    expect(differences(disk.codes, expected.codes)).toEqual(NO_DIFFERENCES)
  }
  expect(await other.evaluate(() => window.e2e.peers())).toMatchObject([{ address, transport: 'webrtc' }])
})

function phaseOf(tab: Page): Promise<string | undefined> {
  return tab.evaluate(() => window.e2e.latest.progress?.phase)
}

/** Answers below the first half of the key space at once, and below the other half after the gate opens. */
function gated() {
  let isOpen = false
  const isFree = (path: string) => isOpen || path === '' || '01234567'.includes(path[0]!)
  return {
    open: () => {
      isOpen = true
    },
    vice: (source: NodeSource): NodeSource => ({
      ...source,
      async run(root, ref, maxNodes, maxBytes) {
        if (!isFree(ref.path)) return new Uint8Array()
        return source.run(root, ref, isOpen || ref.path !== '' ? maxNodes : 1, maxBytes)
      },
    }),
  }
}
