/** The server's process: a generated state, served with the usual limits; watches what it holds. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startServer } from '../../../src/server/server.ts'
import { StateDirectory } from '../../../src/server/state-directory.ts'
import { answerParent } from './child.ts'
import { ownTime, ownTimeSince } from './own-time.ts'
import type { ServingFigures } from './scene.ts'

export interface ServerReady {
  readonly address: string
  readonly root: string
}

export interface ServerQuestion {
  /** What is left on the heap is wanted, too, when connections of before have ended and everything is collected. */
  readonly isSettled?: boolean
}

const SAMPLE_MS = 20
/** Longer than a handshake may take. */
const SETTLE_MS = 12_000

const { accounts } = JSON.parse(process.argv[2]!) as { accounts: number }
const directory = await StateDirectory.open(undefined)
const [source] = await directory.sources([{ generate: { accounts, seed: 1 } }])
const server = await startServer({ sources: [{ root: source!.root, source: source! }] })
let peaks = { peakRssBytes: 0, peakHeldBytes: 0 }
let last = ownTime()

setInterval(sample, SAMPLE_MS)
process.on('disconnect', () => void directory.close())
answerParent<ServerQuestion, ServingFigures>(
  { address: server.multiaddrs[0], root: Buffer.from(source!.root).toString('hex') },
  async ({ isSettled = false }) => {
    const heap = isSettled ? { heapBytes: await settledHeapBytes() } : {}
    sample()
    const figures = { ...peaks, ...heap, ...ownTimeSince(last) }
    last = ownTime()
    peaks = { peakRssBytes: 0, peakHeldBytes: 0 }
    return figures
  },
)

function sample(): void {
  peaks = {
    peakRssBytes: Math.max(peaks.peakRssBytes, process.memoryUsage.rss()),
    peakHeldBytes: Math.max(peaks.peakHeldBytes, server.stats().heldBytes),
  }
}

async function settledHeapBytes(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
