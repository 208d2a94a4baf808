/** The fixtures of geth's own tests (`makeTestTrie`, `makeTestState`), by their roots and node counts. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { type Fixture, rawKey, testState, testTrie } from '../testing/geth-fixtures.ts'
import { runAt } from '../testing/oracle.ts'
import { NOTHING } from '../testing/page-map.ts'
import { seededRandom } from '../testing/random.ts'
import { keccak256, nobleKeccak } from '../trie/keccak.ts'
import { deliveryOf } from './delivery.ts'
import { Scheduler } from './scheduler.ts'

/**
 * Syncs the trie with runs of at most `maxRun` nodes, taken in any order. Returns the requested paths, and the counts.
 */
function sync({ root, leaf, sequence, codes }: Fixture, maxRun: number) {
  const random = seededRandom(maxRun)
  const scheduler = new Scheduler({ root, leaf, keccak: nobleKeccak, contents: NOTHING })
  const fetched = new Set<string>()
  while (scheduler.pending > 0) {
    const gaps = scheduler.missing(Number.POSITIVE_INFINITY, 1 + random.int(400))
    for (const gap of gaps.sort(() => random() - 0.5)) {
      expect(fetched.has(gap.path)).toBe(false)
      fetched.add(gap.path)
      scheduler.process(deliveryOf(gap, Buffer.concat(runAt(sequence, gap.path, maxRun))))
    }
    scheduler.release(gaps)
    for (const code of scheduler.codes.missing(100, () => true)) {
      expect(scheduler.codes.process(code, codes.get(code.hashHex)!, nobleKeccak)).toBe(true)
    }
  }
  return { ...scheduler.counts, fetched: fetched.size, codes: scheduler.codes.commit().length }
}

describe('Scheduler', () => {
  test.each([
    ['raw keys', rawKey, 'b645bd3998a66da25e6944a12199937b3959955d9dd716ca2ce2b633a207dd21', 206, 189],
    ['keccak keys', keccak256, 'ba5abc05d42d3979981b2e1cd3e150af4ca5c0b6c24b6e0efdbab100d9b976a0', 4121, 4121],
  ])('default: makeTestTrie with %s', (_, keyOf, root, nodes, unique) => {
    const trie = testTrie(keyOf)
    expect(bytesToHex(trie.root)).toBe(root)
    expect(new Set(trie.nodes.map(({ hash }) => bytesToHex(hash))).size).toBe(unique)
    expect(sync(trie, 1)).toMatchObject({ nodes, accounts: 3060, slots: 0, fetched: nodes })
    expect(sync(trie, 50)).toMatchObject({ nodes, accounts: 3060 })
  })

  test.each([
    ['without storage', false, 'da365e6a32cb8b8097a9f289f4cdd418d762d0f5aedd89cdd67dcbb684eee7cd', 129, 0],
    ['with storage', true, '40f09bded16e35d2df3c84603e804923b89ed26db184fbef794d68f031faa9c5', 129 + 129, 100],
  ])('default: makeTestState %s', (_, storage, root, nodes, slots) => {
    const state = testState(storage)
    expect(bytesToHex(state.root)).toBe(root)
    for (const maxRun of [1, 7, 1000]) {
      expect(sync(state, maxRun)).toMatchObject({ nodes, accounts: 96, slots, codes: 32 })
    }
  })
})
