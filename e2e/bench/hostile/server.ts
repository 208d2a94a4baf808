/** The server's process: a generated state, served with the usual limits; watches what it holds. */
import { startServer } from '../../../src/server/server.ts'
import { StateDirectory } from '../../../src/server/state-directory.ts'
import { answerParent } from './child.ts'

export interface ServerReady {
  readonly address: string
  readonly root: string
}

/** Since the last question. */
export interface ServerFigures {
  readonly peakRssBytes: number
  readonly peakHeldBytes: number
  readonly peakPeers: number
  readonly requests: number
  readonly violations: number
  readonly refusals: number
  readonly cpuMs: number
}

const SAMPLE_MS = 20

const { accounts } = JSON.parse(process.argv[2]!) as { accounts: number }
const directory = await StateDirectory.open(undefined)
const [source] = await directory.sources([{ generate: { accounts, seed: 1 } }])
const server = await startServer({ sources: [{ root: source!.root, source: source! }] })
let peaks = { peakRssBytes: 0, peakHeldBytes: 0, peakPeers: 0 }
let last = totals()

setInterval(sample, SAMPLE_MS)
process.on('disconnect', () => void directory.close())
answerParent<object, ServerFigures>(
  { address: server.multiaddrs[0], root: Buffer.from(source!.root).toString('hex') },
  async () => {
    sample()
    const now = totals()
    const figures = {
      ...peaks,
      requests: now.requests - last.requests,
      violations: now.violations - last.violations,
      refusals: now.refusals - last.refusals,
      cpuMs: Math.round(now.cpuMs - last.cpuMs),
    }
    last = now
    peaks = { peakRssBytes: 0, peakHeldBytes: 0, peakPeers: 0 }
    return figures
  },
)

function sample(): void {
  const { heldBytes, peers } = server.stats()
  peaks = {
    peakRssBytes: Math.max(peaks.peakRssBytes, process.memoryUsage.rss()),
    peakHeldBytes: Math.max(peaks.peakHeldBytes, heldBytes),
    peakPeers: Math.max(peaks.peakPeers, peers),
  }
}

function totals() {
  const { requests, violations, refusals } = server.stats()
  const { user, system } = process.cpuUsage()
  return { requests, violations, refusals, cpuMs: (user + system) / 1000 }
}
