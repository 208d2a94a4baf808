/** A few hundred seeds of the simulator. `npm run sim` runs any number of seeds. */
import { setMaxListeners } from 'node:events'
import { beforeAll, describe, expect, test } from 'vitest'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { Report } from './report.ts'
import { runTrial } from './trial.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 100)
const FIRST = Number(process.env['SEED'] ?? 1)

let keccak: Keccak

beforeAll(async () => {
  // Node reports more than ten listeners of one signal as a leak, and a sync has one listener for each open request.
  setMaxListeners(0)
  keccak = await createFastKeccak()
})

describe('runTrial', () => {
  test(`behavior: ${SEEDS} trials complete with the oracle's nodes, and every check holds after every step`, async () => {
    const report = new Report()
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) report.add(await runTrial(seed, keccak))
    const { ratio, tally } = report.summary()
    expect(ratio.median).toBeLessThan(2)
    // Without these faults the test would not test what its title says.
    for (const fault of [
      'crash',
      'full disk',
      'cut',
      'cancelled',
      'superseded',
      'lied',
      'protocolViolation',
      'lies blamed',
      'sleep',
      'offline',
      'load failed',
      'exports',
    ]) {
      expect(tally[fault], fault).toBeGreaterThan(SEEDS / 50)
    }
    for (const check of ['frontier checks', 'reads', 'reads by key', 'served', 'paused', 'told of a failed load'])
      expect(tally[check], check).toBeGreaterThan(SEEDS)
  }, 400_000)

  test('behavior: the same seed is the same history, and another seed another one', async () => {
    const digests: string[] = []
    for (const seed of [3, 4, 5, 3, 4, 5]) digests.push((await runTrial(seed, keccak)).digest)
    expect(digests.slice(0, 3)).toEqual(digests.slice(3))
    expect(new Set(digests).size).toBe(3)
  })

  test('error: a trial that does not hold says its seed, and how to repeat it', async () => {
    const blind: Keccak = { ...keccak, digest: (message) => keccak.digest(message.subarray(0, message.length >> 1)) }
    await expect(runTrial(1, blind)).rejects.toThrow(/^seed 1 fails: .*npm run sim -- --seeds 1 --first 1$/s)
  })
})
