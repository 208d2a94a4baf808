/** Tests small swarms. `npm run swarm` runs large ones. */
import { setMaxListeners } from 'node:events'
import { beforeAll, describe, expect, test } from 'vitest'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import type { Keccak } from '../../trie/keccak.ts'
import type { SimulatedState } from './states.ts'
import { NETWORK, runSwarm, type SwarmFigures } from './swarm.ts'
import { swarmState } from './swarm-state.ts'

const TABS = 16

let keccak: Keccak
let state: SimulatedState
let alone: SwarmFigures
let together: SwarmFigures

// Rejects unless each tab has stored the state, byte for byte.
const run = (serving: boolean, seed = 1): Promise<SwarmFigures> => {
  return runSwarm({ tabs: TABS, servers: 1, serving, seed, state, keccak })
}

beforeAll(async () => {
  setMaxListeners(0) // as in `swarm-cell.ts`
  keccak = await createFastKeccak()
  state = swarmState(1, 1500, keccak)
  alone = await run(false)
  together = await run(true)
}, 60_000)

describe('runSwarm', () => {
  test('default: every tab ends with the state, and the servers have sent it once for each tab', () => {
    expect(alone.serverStatesPerTab).toBeGreaterThanOrEqual(1)
    expect(alone.serverStatesPerTab).toBeLessThan(1.1)
    expect(alone.lastMs).toBeGreaterThanOrEqual(alone.medianMs)
    // No tab is faster than the server's line allows.
    expect(alone.lastMs).toBeGreaterThan((TABS * state.bytes) / NETWORK.serverBytesPerMs)
  })

  test('behavior: tabs that serve each other take load off the servers', () => {
    expect(together.serverBytes).toBeLessThan(alone.serverBytes)
    expect(together.tabBytes).toBeGreaterThan(alone.tabBytes)
  })

  test('behavior: the same seed gives the same figures, and another seed others', async () => {
    expect(await run(true)).toEqual(together)
    expect(await run(true, 2)).not.toEqual(together)
  }, 60_000)

  test('error: a state that is not what its hashes say comes to no end', async () => {
    const nodes = state.nodes.map((node, i) => (i === 40 ? { ...node, blob: node.blob.map((byte) => byte ^ 1) } : node))
    const swarm = runSwarm({ tabs: 2, servers: 1, serving: true, seed: 1, state: { ...state, nodes }, keccak })
    await expect(swarm).rejects.toThrow('0 of 2 tabs come to an end')
  })
})
