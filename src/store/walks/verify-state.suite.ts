import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { type Backend, countsOf, damagePage, pagesOf, sequenceOf, stateOf, WatchedRecords } from '../fixture.suite.ts'
import type { Operation } from '../format/record-types.ts'
import type { Damage } from '../generations/damage.ts'
import { StateStore } from '../state-store.ts'
import type { VerifyProgress } from './verify-state.ts'

const { trie, codes } = stateOf(150)
const { root, nodes } = trie
const pages = pagesOf(nodes)
const totals = countsOf(pages)
const codeBytes = codes.reduce((sum, { bytes }) => sum + bytes.length, 0)
const whole = {
  root,
  ...totals,
  bytes: totals.bytes + codeBytes,
  codes: codes.length,
  damaged: 0,
  whole: true,
}

export function verifySuite(backend: Backend): void {
  const filled = async () => {
    const store = await StateStore.over(await backend.connect())
    const generation = await store.target({ root })
    await generation.commit(pages, codes)
    await generation.complete()
    await store.close()
  }
  const open = async () => {
    const damages: Damage[] = []
    const records = new WatchedRecords(await backend.connect())
    const store = await StateStore.over(records, { onDamage: (damage) => damages.push(damage) })
    return { store, records, damages, generation: await store.target({ root }) }
  }
  const write = async (...operations: Operation[]) => {
    const records = await backend.connect()
    await records.write(operations, 'strict')
    records.close()
  }
  const stretchOf = ({ start, end }: { start: string; end: string }) => ({ generation: 1, start, end })

  describe('StateStore.verify', () => {
    test('default: a sound state is whole, and everything in it is counted', async () => {
      await filled()
      const { store, damages } = await open()
      expect(await store.verify()).toEqual(whole)
      expect(damages).toEqual([])
      await store.close()
    })

    test('default: without a complete state it is null', async () => {
      const { store } = await open()
      expect(await store.verify()).toBeNull()
      await store.close()
    })

    test('behavior: each page and each code is read once', async () => {
      await filled()
      const { store, records } = await open()
      const before = records.reads
      await store.verify()
      expect(records.reads - before).toBe(pages.length + codes.length)
      await store.close()
    })

    test('behavior: progress never runs backwards, and ends at 1 with what the summary says', async () => {
      await filled()
      const { store } = await open()
      const told: VerifyProgress[] = []
      const summary = await store.verify({ onProgress: (progress) => told.push(progress) })
      expect(told.every(({ fraction }, i) => fraction >= (told[i - 1]?.fraction ?? 0))).toBe(true)
      expect(told.at(-1)).toMatchObject({ fraction: 1, nodes: summary?.nodes, bytes: summary?.bytes })
      await store.close()
    })

    test('options: an aborted one rejects with the reason, and the store goes on', async () => {
      await filled()
      const { store } = await open()
      const reason = new Error('the user went on')
      await expect(store.verify({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      expect(await store.verify()).toEqual(whole)
      await store.close()
    })

    // A page with a whole subtree, and a page with children in other pages.
    for (const [id, hurt] of [
      ['the first', pages[0]!],
      ['an inner', pages[7]!],
      ['the last', pages.at(-1)!],
    ] as const) {
      test(`behavior: a bit in a node of ${id} page is damage: it is dropped, and a commit of it makes the state whole`, async () => {
        const inHurt = nodes.filter(({ path }) => path >= hurt.start && path < hurt.end)
        for (const { blob } of inHurt.filter((_, i) => i % 6 === 0)) {
          const before = await StateStore.over(await backend.connect())
          await before.wipe()
          await before.close()
          await filled()
          await damagePage(backend, hurt.start, (bytes) => flippedIn(bytes, blob))
          const { store, damages, generation } = await open()
          expect(await store.verify()).toMatchObject({ damaged: 1, whole: false, root })
          expect(damages).toEqual([stretchOf(hurt)])
          expect(await generation.contents()).toMatchObject({ complete: false, counts: without(hurt) })
          await generation.commit([hurt], [])
          await generation.complete()
          expect(await store.verify()).toEqual(whole)
          await store.close()
        }
      })
    }

    test('behavior: a node that is missing, or under another path, is damage', async () => {
      const hurt = pages[7]!
      const inHurt = nodes.filter(({ path }) => path >= hurt.start && path < hurt.end)
      const bent = [
        inHurt.slice(1),
        inHurt.slice(0, -1),
        inHurt.filter((_, i) => i !== inHurt.length >> 1),
        [...inHurt.slice(0, -1), { ...inHurt.at(-1)!, path: `${inHurt.at(-1)!.path}0` as never }],
      ]
      for (const list of bent) {
        await filled()
        await damagePage(backend, hurt.start, () => sequenceOf(list))
        const { store, damages, generation } = await open()
        expect(await store.verify()).toMatchObject({ damaged: 1, whole: false })
        expect(damages).toEqual([stretchOf(hurt)])
        await generation.commit([hurt], [])
        await generation.complete()
        await store.close()
      }
    })

    test('behavior: below a page that is lost, nodes are not looked at', async () => {
      await filled()
      await damagePage(backend, '', () => new Uint8Array())
      const { store, damages } = await open()
      const summary = await store.verify()
      expect(damages).toEqual([stretchOf(pages[0]!)])
      expect(summary).toMatchObject({ damaged: 1, nodes: 0, whole: false })
      await store.close()
    })

    for (const [id, value] of [
      ['changed', Uint8Array.of(1)],
      ['gone', undefined],
    ] as const) {
      test(`behavior: a code that is ${id} is damage, and is wanted again`, async () => {
        const [code] = codes
        await filled()
        const at = { store: 'codes', key: hexToBytes(code!.hash) } as const
        await write(value === undefined ? { kind: 'delete', ...at } : { kind: 'put', ...at, value })
        const { store, damages, generation } = await open()
        expect(await store.verify()).toMatchObject({ damaged: 1, codes: codes.length - 1, whole: false })
        expect(damages).toEqual([{ code: code!.hash }])
        expect(await generation.contents()).toMatchObject({ complete: false, wanted: [code!.hash] })
        expect(await store.verify()).toMatchObject({ damaged: 0, codes: codes.length - 1, whole: false })
        await generation.commit([], [code!])
        await generation.complete()
        expect(await store.verify()).toEqual(whole)
        await store.close()
      })
    }
  })
}

const without = (hurt: (typeof pages)[number]) => countsOf(pages.filter((page) => page !== hurt))

/** Flips one bit in the middle of `part`. */
function flippedIn(bytes: Uint8Array, part: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  const at = copy.findIndex((_, i) => part.every((byte, j) => copy[i + j] === byte))
  copy[at + (part.length >> 1)]! ^= 4
  return copy
}
