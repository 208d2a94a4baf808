import { deleteDB } from 'idb'
import { expect, test } from 'vitest'
import { dump, fill, flipsOf, openFlipped, readEverything, restore } from './bit-flip.suite.ts'
import { openDatabase } from './database/database.ts'

test('StateStore in IndexedDB, behavior: whatever bit has flipped, reads give the right answer or a coded error', async () => {
  const name = `flip-${crypto.randomUUID()}`
  await fill(await openDatabase(name))
  const records = await openDatabase(name)
  const all = await dump(records)
  const flips = [...flipsOf(all, (at) => (at * 5) % 8)].filter(
    ({ id }, i) => i % (id.startsWith('meta') ? 9 : 149) === 0,
  )
  expect(new Set(flips.map(({ from }) => from.store)).size).toBe(4)
  for (const flip of flips) {
    await restore(records, all, flip)
    const store = await openFlipped(await openDatabase(name))
    if (store === null) continue
    await readEverything(store)
    await store.close()
  }
  records.close()
  await deleteDB(name)
})
