/** A process running swarms, one at a time, on the orders of `swarm-main.ts`. */
import { setMaxListeners } from 'node:events'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import { runSwarm, type SwarmFigures } from './swarm.ts'
import { swarmState } from './swarm-state.ts'

/** The options of one swarm. */
export interface SwarmCell {
  readonly tabs: number
  readonly servers: number
  readonly serving: boolean
  readonly seed: number
  readonly accounts: number
}

/** The result of one swarm; `wallMs` is the real time on this machine. */
export interface SwarmResult {
  readonly figures: SwarmFigures
  readonly stateNodes: number
  readonly stateBytes: number
  readonly wallMs: number
}

// Node reports more than ten listeners of one signal as a leak, and a sync has one listener for each open request.
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
