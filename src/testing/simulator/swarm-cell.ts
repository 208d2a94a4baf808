/** A process that runs swarms, one at a time, as `swarm-main.ts` tells it. */
import { setMaxListeners } from 'node:events'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import { runSwarm, type SwarmFigures } from './swarm.ts'
import { swarmState } from './swarm-state.ts'

/** What to run. */
export interface SwarmCell {
  readonly tabs: number
  readonly servers: number
  readonly serving: boolean
  readonly seed: number
  readonly accounts: number
}

/** What became of it; `wallMs` is what it took on this machine. */
export interface SwarmResult {
  readonly figures: SwarmFigures
  readonly stateNodes: number
  readonly stateBytes: number
  readonly wallMs: number
}

// Node takes more than ten listeners of one signal for a leak: a sync has one for each request that is open.
setMaxListeners(0)

process.on('message', async (cell: SwarmCell) => {
  const startedAt = performance.now()
  const keccak = await createFastKeccak()
  const state = swarmState(cell.seed, cell.accounts, keccak)
  const figures = await runSwarm({ ...cell, state, keccak })
  const wallMs = Math.round(performance.now() - startedAt)
  const result: SwarmResult = { figures, stateNodes: state.nodes.length, stateBytes: state.bytes, wallMs }
  process.send?.(result)
})
