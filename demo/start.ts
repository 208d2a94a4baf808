/**
 * `npm run demo`: a peer with a real genesis, and the page syncing from this peer. Everything listens on 127.0.0.1 only.
 *
 *   --genesis NAME|FILE   genesis served by the peer (default: mainnet); `tokens` is mainnet's with an ERC-20
 *   --port PORT           port of the page (default: 5173, or the next free one)
 *   --throttle BYTES      bytes in each second of a connection, to watch the sync
 *   --no-open             do not open a browser
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createServer, type Plugin, type ViteDevServer } from 'vite'
import type { PeerConfig } from './peer-config.ts'
import { startPeer } from './peer-process.ts'
import { startThrottledRelay } from './throttle.ts'

const { values } = parseArgs({
  options: {
    genesis: { type: 'string', default: 'mainnet' },
    port: { type: 'string', default: '5173' },
    throttle: { type: 'string' },
    'no-open': { type: 'boolean', default: false },
  },
})

const peer = await startPeer(values.genesis).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
let config: PeerConfig | null = values.throttle ? await throttled(peer.config, Number(values.throttle)) : peer.config
let isEnding = false

peer.process.once('exit', () => {
  config = null
  if (!isEnding) console.log('The peer has ended. The page goes on with what it has verified; Ctrl-C ends it.')
})
const page = await startPage()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(page))
process.once('exit', () => peer.process.kill())

console.log(`
  Page   ${page.resolvedUrls?.local[0] ?? ''}
  Peer   ${config?.multiaddrs.join('\n         ')}
  Root   ${config?.root}

  To see the page work offline, end the peer (kill ${peer.process.pid}) and reload. Ctrl-C ends both.
`)

async function startPage(): Promise<ViteDevServer> {
  const server = await createServer({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    root: import.meta.dirname,
    logLevel: 'warn',
    plugins: [servePeerConfig()],
    server: { host: '127.0.0.1', port: Number(values.port), open: !values['no-open'] && hasDisplay() },
    // Finds the worker's packages before the first visit. Vite would otherwise find them later, and reload the page in
    // mid-sync.
    optimizeDeps: { entries: ['index.html', '../src/worker/port/worker.ts'] },
  })
  return server.listen()
}

/** Serves `peer.json`: the running peer, or no content once the peer has ended. */
function servePeerConfig(): Plugin {
  return {
    name: 'rootlight-peer-config',
    configureServer(server) {
      server.middlewares.use('/peer.json', (_, response) => {
        response.statusCode = config === null ? 204 : 200
        response.setHeader('content-type', 'application/json')
        response.setHeader('cache-control', 'no-store')
        response.end(config === null ? undefined : JSON.stringify(config))
      })
    },
  }
}

/** Returns the same peer behind a slow line. Leaves out addresses without TCP, which would bypass the line. */
async function throttled(direct: PeerConfig, bytesPerSecond: number): Promise<PeerConfig> {
  if (!(bytesPerSecond > 0)) throw new Error(`--throttle takes bytes a second, got ${values.throttle}`)
  const multiaddrs = await Promise.all(
    direct.multiaddrs
      .filter((address) => /\/tcp\/\d+\/ws/.test(address))
      .map(async (address) => {
        const relay = await startThrottledRelay(Number(/\/tcp\/(\d+)/.exec(address)?.[1]), bytesPerSecond)
        return address.replace(/\/tcp\/\d+/, `/tcp/${relay.port}`)
      }),
  )
  return { ...direct, multiaddrs }
}

async function end(server: ViteDevServer): Promise<void> {
  isEnding = true
  peer.process.kill()
  await server.close()
  process.exit(0)
}

function hasDisplay(): boolean {
  if (process.env['CI'] !== undefined) return false
  return process.platform !== 'linux' || 'DISPLAY' in process.env || 'WAYLAND_DISPLAY' in process.env
}
