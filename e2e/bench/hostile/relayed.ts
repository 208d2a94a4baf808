/**
 * The process of tabs using a relay. One tab has a reservation there. The others ask the relay for peers and dial the
 * first tab over the relay. Each exchanges as much as a connection may carry, in messages of a kilobyte, one after the
 * other.
 */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { WebSocket } from 'ws'
import { askPeers } from '../../../src/network/finding/peer-exchange.ts'
import { loadLibp2p } from '../../../src/network/libp2p/libp2p-parts.ts'
import { answerParent } from './child.ts'
import type { HonestQuestion } from './honest.ts'
import type { RelayReady } from './relay.ts'
import type { HonestFigures } from './scene.ts'

const ECHO = '/echo/1'
/** The number of asking tabs, and of busy ones at a time. A single tab may not dial as often. */
const TABS = 12
const AT_ONCE = 4
const MESSAGE_BYTES = 1024
/** Counted in both directions and beside the handshakes, less than the capacity of a relayed connection. */
const MESSAGES = 48
/** The longest wait of a tab, the same as for any dial. */
const PATIENCE_MS = 20_000
const AFTER_FAILURE_MS = 50

Object.assign(globalThis, { WebSocket })
const { address } = JSON.parse(process.argv[2]!) as RelayReady
const placed = await createTab([`${address}/p2p-circuit`])
await placed.handle(ECHO, (stream) => stream.addEventListener('message', ({ data }) => stream.send(data)), {
  runOnLimitedConnection: true,
})
const there = multiaddr(`${address}/p2p-circuit/p2p/${placed.peerId}`)
const tabs = await Promise.all(Array.from({ length: TABS }, () => createTab([])))
let next = 0

answerParent<HonestQuestion, HonestFigures>({}, async ({ ms }) => {
  const startedAt = performance.now()
  const figures = { amount: 0, longestMs: 0 }
  async function timed<T>(exchange: Promise<T>): Promise<T> {
    const askedAt = performance.now()
    const value = await exchange
    figures.amount++
    figures.longestMs = Math.max(figures.longestMs, performance.now() - askedAt)
    return value
  }
  async function goOn(): Promise<void> {
    while (performance.now() - startedAt < ms) {
      const tab = tabs[next++ % TABS]!
      await meet(tab, timed, () => performance.now() - startedAt < ms).catch(
        () => new Promise((resolve) => setTimeout(resolve, AFTER_FAILURE_MS)),
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, goOn))
  return { ...figures, perSecond: (figures.amount * 1000) / (performance.now() - startedAt) }
})

type Timed = <T>(exchange: Promise<T>) => Promise<T>

async function meet(tab: Libp2p, timed: Timed, hasTime: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const relay = await tab.dial(multiaddr(address), { signal })
  await timed(askPeers(relay, signal)).catch(() => {}) // it may have asked often enough
  const connection = await timed(tab.dial(there, { signal, force: true }))
  try {
    const stream = await connection.newStream(ECHO, { runOnLimitedConnection: true, signal })
    for (let i = 0; i < MESSAGES && hasTime(); i++) await timed(echoed(stream))
  } finally {
    connection.abort(new Error('all is said'))
  }
}

function echoed(stream: Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = MESSAGE_BYTES
    const end = (settle: () => void) => {
      stream.removeEventListener('message', onMessage)
      stream.removeEventListener('close', onClose)
      settle()
    }
    const onMessage = ({ data }: { data: { byteLength: number } }) => {
      left -= data.byteLength
      if (left <= 0) end(resolve)
    }
    const onClose = () => end(() => reject(new Error('the stream has ended')))
    stream.addEventListener('message', onMessage)
    stream.addEventListener('close', onClose)
    stream.send(new Uint8Array(MESSAGE_BYTES))
  })
}

async function createTab(listen: string[]): Promise<Libp2p> {
  const { createLibp2p, parts } = await loadLibp2p()
  const tab = await createLibp2p({
    ...parts,
    transports: [...(parts.transports ?? []), circuitRelayTransport()],
    addresses: { listen },
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
  })
  await tab.start()
  return tab
}
