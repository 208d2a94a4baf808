/** The server's process: a generated state, served with the usual limits; watches what it holds. */
import { startServer } from '../../../src/server/server.ts'
import { StateDirectory } from '../../../src/server/state-directory.ts'
import { answerParent } from './child.ts'
import type { ServingFigures } from './scene.ts'

export interface ServerReady {
  readonly address: string
  readonly root: string
}

const SAMPLE_MS = 20

const { accounts } = JSON.parse(process.argv[2]!) as { accounts: number }
const directory = await StateDirectory.open(undefined)
const [source] = await directory.sources([{ generate: { accounts, seed: 1 } }])
const server = await startServer({ sources: [{ root: source!.root, source: source! }] })
let peaks = { peakRssBytes: 0, peakHeldBytes: 0 }
let lastMs = cpuMs()

setInterval(sample, SAMPLE_MS)
process.on('disconnect', () => void directory.close())
answerParent<object, ServingFigures>(
  { address: server.multiaddrs[0], root: Buffer.from(source!.root).toString('hex') },
  async () => {
    sample()
    const nowMs = cpuMs()
    const figures = { ...peaks, cpuMs: Math.round(nowMs - lastMs) }
    lastMs = nowMs
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

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
