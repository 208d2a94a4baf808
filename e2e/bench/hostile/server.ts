/** The server's process: a generated state, served with the usual limits and a record of the memory held. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startServer } from '../../../src/server/server.ts'
import { StateDirectory } from '../../../src/server/state-directory.ts'
import { answerParent } from './child.ts'
import type { ServingFigures } from './scene.ts'
import { watchUsage } from './usage.ts'

export interface ServerReady {
  readonly address: string
  readonly root: string
}

export interface ServerQuestion {
  /**
   * True if the remaining heap is wanted as well, after earlier connections have ended and all garbage is collected.
   */
  readonly isSettled?: boolean
}

/** Longer than a handshake may take. */
const SETTLE_MS = 12_000

const { accounts } = JSON.parse(process.argv[2]!) as { accounts: number }
const directory = await StateDirectory.open(undefined)
const [source] = await directory.sources([{ generate: { accounts, seed: 1 } }])
const server = await startServer({ sources: [{ root: source!.root, source: source! }] })
const usage = watchUsage(() => server.stats().heldBytes)

process.on('disconnect', () => void directory.close())
answerParent<ServerQuestion, ServingFigures>(
  { address: server.multiaddrs[0], root: Buffer.from(source!.root).toString('hex') },
  async ({ isSettled = false }) => {
    const heap = isSettled ? { heapBytes: await settledHeapBytes() } : {}
    return { ...usage(), ...heap }
  },
)

async function settledHeapBytes(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
