/**
 * The server's process. Makes the state, and serves the state by our protocol and by the straight port's. Tells the
 * parent over IPC when the server is ready. Reports the served amounts and the arrivals on request. Ends with its
 * parent.
 */
import { RLP } from '@ethereumjs/rlp'
import type { Libp2p, Stream } from '@libp2p/interface'
import { bytesToHex } from '@noble/hashes/utils.js'
import { createListeningNode } from '../../src/network/libp2p/listening-node.ts'
import { serve } from '../../src/network/peers/serve.ts'
import { EVERYTHING, statusOf } from '../../src/protocol/messages.ts'
import type { LevelSource } from '../../src/server/level-source.ts'
import { DEFAULT_LISTEN } from '../../src/server/options.ts'
import { StateDirectory } from '../../src/server/state-directory.ts'
import { generateAccounts } from '../../src/server/synthetic.ts'
import { throttledSource } from '../../src/server/throttled-source.ts'
import { createFastKeccak } from '../../src/trie/fast-keccak.ts'
import type { Keccak } from '../../src/trie/keccak.ts'
import type { NodeSource } from '../../src/trie/node-source.ts'
import { framed, MAX_NODE_DATA_STREAMS, NODE_DATA_PROTOCOL } from './node-data.ts'
import type { AccountSample } from './page-contract.ts'
import { serveRaw } from './raw-transfer.ts'
import { collectRecords, type RecordSet } from './record-set.ts'
import { RequestWatch } from './request-watch.ts'
import type { FromServer, ServerCounters, ServerReady, ServerRequest, ToServer } from './server-process.ts'
import { countSocketBytes } from './socket-bytes.ts'

const SAMPLES = 16
/** Not on loopback: browsers ignore loopback in WebRTC. */
const WEBRTC_LISTEN = '/ip4/0.0.0.0/udp/0/webrtc-direct'

const request = JSON.parse(process.argv[2]!) as ServerRequest
const straight = { requests: 0 }
const watch = new RequestWatch()
const tcp = countSocketBytes(() => watch.meetSocket())
const keccak = await createFastKeccak()
const directory = await StateDirectory.open(request.data)
const [source] = await directory.sources([{ generate: request.synthetic }])
const records: RecordSet = request.straight
  ? await collectRecords(source!, request.synthetic, keccak)
  : { blobs: new Map(), digest: '' }
const node = await createListeningNode({
  listen: [DEFAULT_LISTEN, ...(request.webrtc ? [WEBRTC_LISTEN] : [])],
  onWebRtcUnavailable: ({ message, cause }) => console.error(`${message}: ${cause}`),
})
const status = statusOf(0, [{ root: source!.root, blockNumber: 0, coverage: EVERYTHING }])
const serving = await serve({
  node,
  source: watch.watch(paced(source!)),
  status,
  onPeersChange: (peers) => watch.meetPeers(peers),
  onFailure: (error) => console.error(error),
})
await serveNodeData(node, records.blobs)
await serveRaw(node)

process.on('message', (message) => void answerParent(message as ToServer))
process.on('disconnect', () => void directory.close().then(() => process.exit()))
process.on('SIGINT', () => {}) // a terminal sends it to the whole group; the parent says when
tell({ kind: 'ready', ready: ready() })

function tell(message: FromServer): void {
  process.send!(message)
}

async function answerParent(message: ToServer): Promise<void> {
  switch (message.kind) {
    case 'counters':
      return tell({ kind: 'counters', counters: counters() })
    case 'arrival':
      return tell({ kind: 'arrival', arrival: await watch.arrival() })
    case 'watch':
      watch.begin()
      return tell({ kind: 'done' })
    case 'withhold':
      watch.withhold(message.isWithheld)
      return tell({ kind: 'done' })
    default:
      message satisfies never
  }
}

/** Limits the rate of `source`, so a sync can be cut off in its middle. */
function paced(source: LevelSource): NodeSource {
  const { minSyncMs } = request
  return minSyncMs === undefined ? source : throttledSource(source, (source.info.bytes * 1000) / minSyncMs)
}

function ready(): ServerReady {
  const { root, accounts, slots, nodes, codes, bytes } = source!.info
  const addresses = node.getMultiaddrs().map((address) => address.toString())
  const isWebRtc = (address: string) => address.includes('/webrtc-direct/')
  return {
    address: addresses.find((address) => !isWebRtc(address))!,
    webrtcAddress: addresses.find((address) => isWebRtc(address) && !address.startsWith('/ip4/127.')) ?? null,
    root: `0x${root}`,
    accounts,
    slots,
    nodes,
    codes,
    bytes,
    records: records.blobs.size,
    recordsDigest: records.digest,
    samples: [...samplesOf(request.synthetic, keccak)],
  }
}

function* samplesOf(synthetic: ServerRequest['synthetic'], keccak: Keccak): Generator<AccountSample> {
  const accounts = Math.min(SAMPLES, synthetic.accounts)
  for (const { address, balance } of generateAccounts({ ...synthetic, accounts, keccak })) {
    yield { address: `0x${bytesToHex(address)}`, balance: balance.toString() }
  }
}

function counters(): ServerCounters {
  const { requests } = serving.counters()
  const { user, system } = process.cpuUsage()
  return {
    requests: requests + straight.requests,
    wireBytes: tcp.bytes(),
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
  }
}

async function serveNodeData(node: Libp2p, blobs: RecordSet['blobs']): Promise<void> {
  await node.handle(NODE_DATA_PROTOCOL, (stream) => void answer(stream, blobs).catch((error) => stream.abort(error)), {
    maxInboundStreams: MAX_NODE_DATA_STREAMS,
  })
}

async function answer(stream: Stream, blobs: RecordSet['blobs']): Promise<void> {
  const wire = framed(stream)
  const hashes = RLP.decode((await wire.read()).subarray()) as Uint8Array[]
  await wire.write(RLP.encode(hashes.map((hash) => blobs.get(bytesToHex(hash)) ?? new Uint8Array())))
  straight.requests++
  await stream.close()
}
