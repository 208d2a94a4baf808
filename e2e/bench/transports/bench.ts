/**
 * The measuring process of `npm run bench -- transports`. Syncs one state from a server over WebSocket, from the server
 * over WebRTC, and from another tab over WebRTC, in turns. Prints JSON lines on stdout, with the summary last, and a
 * table on stderr.
 */
import { startRelay } from '../../../src/server/index.ts'
import { serveSite } from '../build.ts'
import { parseTransportOptions, type TransportOptions } from '../options.ts'
import { saveResults } from '../save.ts'
import { ServerProcess } from '../server-process.ts'
import { figuresOf, summarize, type TransportFigures, transportTable } from './figures.ts'
import { runOnce, type TransportRun, WAYS, type Way } from './run.ts'

const options = parseTransportOptions(process.argv.slice(2))
const { accounts, seed, data } = options
const site = await serveSite(['peer'], { readable: false })
const relay = await startRelay()
try {
  const kept = data === undefined ? {} : { data }
  const server = await ServerProcess.start({ synthetic: { accounts, seed }, straight: false, webrtc: true, ...kept })
  try {
    await measure(options, { siteUrl: site.url, server: server.ready, relays: relay.multiaddrs })
  } finally {
    await server.stop()
  }
} finally {
  await relay.close()
  await site.close()
}

async function measure({ seed, runs: count, save }: TransportOptions, run: TransportRun): Promise<void> {
  const ways = waysTo(run)
  const runs: TransportFigures[] = []
  let chromium = ''
  // Run 0 warms up the server and the disk's cache.
  for (let number = 0; number <= count; number++) {
    for (const way of ways) {
      const result = await runOnce(run, way)
      const figures = figuresOf(way, number, result, run.server)
      console.log(JSON.stringify(figures))
      if (number > 0) runs.push(figures)
      chromium = result.chromium
    }
  }
  const summary = summarize(runs, run.server)
  console.error(transportTable(summary))
  if (save) {
    console.error(`saved to ${await saveResults({ name: 'transports', chromium, figures: { seed, summary, runs } })}`)
  }
  console.log(JSON.stringify(summary))
}

/** Returns all ways possible here. Reports a way impossible for the server on stderr. */
function waysTo({ server }: TransportRun): readonly Way[] {
  if (server.webrtcAddress !== null) return WAYS
  console.error('skipped: server-webrtc; there is no WebRTC in Node here')
  return WAYS.filter((way) => way !== 'server-webrtc')
}
