/** A newer root: nodes shared with the disk, or received before, do not cross the wire again. */

import type { Path } from '../src/trie/path.ts'
import { differences, nodesOf, readDisk } from './disk.ts'
import { expect, test } from './fixtures.ts'
import { generatedNodes } from './oracle.ts'
import { rootOf } from './states.ts'

const SEED = 4
/** The newer state is the older one with some more accounts. */
const OLDER = 6_000
const NEWER = 6_100

/** Returns the paths of nodes of the newer state which are absent or different in the older one. */
async function changedPaths(): Promise<Set<string>> {
  const [older, newer] = [await generatedNodes(OLDER, SEED), await generatedNodes(NEWER, SEED)]
  const same = (path: Path, blob: Uint8Array) => Buffer.compare(older.nodes.get(path) ?? new Uint8Array(), blob) === 0
  return new Set([...newer.nodes].filter(([path, blob]) => !same(path, blob)).map(([path]) => path))
}

// The oracle takes its time.
test.describe.configure({ timeout: 120_000 })

test('after a complete sync, only what changed is fetched', async ({ openPage, peer, states }) => {
  const [older, newer] = [await states.generated(OLDER, SEED), await states.generated(NEWER, SEED)]
  const { address, served } = await peer([older, newer])
  const page = await openPage()
  await page.evaluate((address) => window.e2e.open([address]), address)
  await page.evaluate((root) => window.e2e.sync(root), rootOf(older))
  served.clear()
  await page.evaluate((root) => window.e2e.sync(root), rootOf(newer))
  const changed = [...(await changedPaths())].sort()
  expect([...served.paths()].sort()).toEqual(changed)
  await page.close()

  // Only these nodes are written: the rest stays in the older generation.
  const { pages } = await readDisk(await openPage())
  const generations = new Set(pages.map(({ key }) => key.generation))
  const newest = pages.filter(({ key }) => key.generation === Math.max(...generations))
  expect(generations.size).toBe(2)
  expect([...nodesOf(newest).keys()].sort()).toEqual(changed)
  const expected = await generatedNodes(NEWER, SEED)
  const { missing, different } = differences(nodesOf(pages), expected.nodes)
  expect({ missing, different }).toEqual({ missing: [], different: [] })
})

test('in the middle of a sync, what was received and belongs to it is not asked for again', async ({
  openPage,
  peer,
  states,
}) => {
  const [older, newer] = [await states.generated(OLDER, SEED), await states.generated(NEWER, SEED)]
  const { address, served } = await peer([older, newer], { throttleBytesPerSecond: 1_000_000 })
  const page = await openPage()
  await page.evaluate((address) => window.e2e.open([address]), address)
  await page.evaluate((root) => void window.e2e.start({ root }), rootOf(older))
  await page.waitForFunction(() => (window.e2e.latest.progress?.fraction ?? 0) > 0.4)
  const first = await page.evaluateHandle(() => window.e2e.latest)
  await page.evaluate((root) => window.e2e.sync(root), rootOf(newer))
  expect(await first.evaluate((followed) => followed.outcome)).toMatchObject({ state: 'rejected', code: 'superseded' })

  const changed = await changedPaths()
  const counts = new Map<string, number>()
  for (const path of served.paths()) counts.set(path, (counts.get(path) ?? 0) + 1)
  const twice = [...counts].filter(([path, count]) => count > 1 && !changed.has(path))
  // The bytes in flight at the switch: half a second's worth at the most, a quarter of the state. The received two
  // fifths are not among them.
  expect(twice.length / counts.size).toBeLessThan(0.3)
  expect(counts.size).toBeGreaterThan(changed.size * 5)
})
