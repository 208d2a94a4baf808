/** A tab is closed in the middle of a sync, and another continues. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Path } from '../src/trie/path.ts'
import { differences, NO_DIFFERENCES, nodesOf, readDisk } from './disk.ts'
import { expect, test } from './fixtures.ts'
import { generatedNodes } from './oracle.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 20_000
const SEED = 1
/** Slow enough to close a tab in the middle, and no slower. */
const BYTES_PER_SECOND = 2_000_000

test('a sync that was cut off goes on from its pages, and fetches almost nothing twice', async ({
  openPage,
  peer,
  states,
}) => {
  test.setTimeout(150_000)
  const state = await states.generated(ACCOUNTS, SEED)
  const { address, served } = await peer([state], { throttleBytesPerSecond: BYTES_PER_SECOND })

  const first = await openPage()
  await first.evaluate((address) => window.e2e.open([address]), address)
  await first.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
  await first.waitForFunction(() => (window.e2e.latest.progress?.fraction ?? 0) > 0.5)
  await first.close()

  const second = await openPage()
  const before = await readDisk(second)
  const onDisk = nodesOf([...before.pages, ...before.loose])
  served.clear()
  await second.evaluate((address) => window.e2e.open([address]), address)
  const summary = await second.evaluate((root) => window.e2e.sync(root), rootOf(state))
  const fetched = new Set(served.paths())
  const again = served.paths().filter((path) => onDisk.has(path))
  const codesAgain = served.codes().filter((hash) => before.codes.has(hash))
  await second.close()

  const after = await readDisk(await openPage())
  expect(before.pages.length / after.pages.length).toBeGreaterThanOrEqual(0.4)
  expect(before.pages.length / after.pages.length).toBeLessThan(0.9)
  expect(again.length / onDisk.size).toBeLessThan(0.02)
  expect(codesAgain).toEqual([])

  const expected = await generatedNodes(ACCOUNTS, SEED)
  // A storage trie shared with another account may have arrived with the other account.
  const textOf = (path: Path) => bytesToHex(expected.nodes.get(path)!)
  const texts = new Set([...fetched].map(textOf))
  const unexplained = [...expected.nodes.keys()].filter((path) => !onDisk.has(path) && !texts.has(textOf(path)))
  expect(unexplained).toEqual([])
  expect(rootOf(state)).toBe(expected.root)
  expect(differences(nodesOf(after.pages), expected.nodes)).toEqual(NO_DIFFERENCES)
  expect(differences(after.codes, expected.codes)).toEqual(NO_DIFFERENCES)
  expect({ loose: after.loose, wanted: after.wanted }).toEqual({ loose: [], wanted: 0 })
  expect(summary).toMatchObject({ nodes: expected.nodes.size, accounts: ACCOUNTS, codes: expected.codes.size })
})
