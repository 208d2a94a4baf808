/** The honest client's process: asks for as much as the protocol's requester may, and measures what it gets. */
import { WebSocket } from 'ws'
import { parsePeer } from '../../../src/network/address.ts'
import { createDialingNode } from '../../../src/network/dialing-node.ts'
import { StreamWire } from '../../../src/network/stream-wire.ts'
import { PROTOCOL_ID } from '../../../src/protocol/constants.ts'
import { statusOf } from '../../../src/protocol/messages.ts'
import { Requester } from '../../../src/protocol/requester.ts'
import { ROOT_PATH } from '../../../src/trie/path.ts'
import { answerParent } from './child.ts'
import type { ServerReady } from './server.ts'

/** How long to measure. */
export interface HonestQuestion {
  readonly ms: number
}

export interface HonestFigures {
  readonly bytes: number
  readonly bytesPerSecond: number
  /** From a request to its answer, in milliseconds. */
  readonly medianMs: number
  readonly longestMs: number
}

/** As many as the sync loop has open with one peer, and as large as it asks a fast one for. */
const IN_FLIGHT = 4
const REQUEST_BYTES = 256 * 1024

Object.assign(globalThis, { WebSocket })
const { address: text, root: hex } = JSON.parse(process.argv[2]!) as ServerReady
const address = parsePeer(text)
const node = await createDialingNode([address])
const connection = await node.dial(address.multiaddr)
const requester = new Requester({ wire: new StreamWire(await connection.newStream(PROTOCOL_ID)), status: statusOf(0) })
await requester.start()
const root = new Uint8Array(Buffer.from(hex, 'hex'))
answerParent<HonestQuestion, HonestFigures>({}, measure)

async function measure({ ms }: HonestQuestion): Promise<HonestFigures> {
  const startedAt = performance.now()
  const latencies: number[] = []
  let bytes = 0
  async function askOn(): Promise<void> {
    while (performance.now() - startedAt < ms) {
      const askedAt = performance.now()
      const runs = await requester.getNodes(root, [{ path: ROOT_PATH, hash: root, maxNodes: 0 }], REQUEST_BYTES)
      latencies.push(performance.now() - askedAt)
      for (const run of runs) bytes += run.length
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, askOn))
  latencies.sort((a, b) => a - b)
  return {
    bytes,
    bytesPerSecond: (bytes * 1000) / (performance.now() - startedAt),
    medianMs: latencies[latencies.length >> 1] ?? Number.NaN,
    longestMs: latencies.at(-1) ?? Number.NaN,
  }
}
