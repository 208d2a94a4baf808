/**
 * What a stranger does at a relay for ever, within the limits below the protocols: streams as often as a connection may open
 * them, each with something that costs the relay a look, a signature, a dial or a copy. Nobody is to blame for one of them.
 */
import type { Connection, Libp2p, PrivateKey, Stream } from '@libp2p/interface'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Attack, Target } from './attacks.ts'
import { ended, type HostileClient, send } from './hostile-client.ts'
import { framed, prefix } from './wire-bytes.ts'

const PEERS = '/rootlight/peers/1'
const IDENTIFY = '/ipfs/id/1.0.0'
const IDENTIFY_PUSH = '/ipfs/id/push/1.0.0'
/** https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md */
const HOP = '/libp2p/circuit/relay/0.2.0/hop'
const STOP = '/libp2p/circuit/relay/0.2.0/stop'
const RESERVE = framed(Uint8Array.of(0x08, 0))
const STOP_OK = framed(Uint8Array.of(0x08, 1, 0x20, 100))

/** Just below what ends the connection: at once, and a second. */
const BURST = 200
const STREAMS_PER_SECOND = 60
/** Streams that are open at a time; more are refused. */
const AT_ONCE = 16
/** Below what a relayed connection may carry. */
const RELAYED_BYTES = 120_000
const PIECE_BYTES = 10_000
/** What fits into an identify message. */
const ADDRESSES = 600

/** On each stream: what is said, and what is done with what comes. Resolves when there is nothing more to do on it. */
type Say = (stream: Stream, client: HostileClient, target: Target) => Promise<void>

/** Streams of `protocol` without end, on one connection. */
function streaming(
  protocol: string,
  say: Say,
  prepare?: (client: HostileClient, at: Connection) => Promise<void>,
): Attack {
  return async (client, target) => {
    const connection = await client.dial(target.address)
    const signal = client.attacking
    await prepare?.(client, connection)
    const beganAt = performance.now()
    let begun = 0
    async function open(): Promise<void> {
      while (!signal.aborted && connection.status === 'open') {
        const dueMs = ((begun++ - BURST) / STREAMS_PER_SECOND) * 1000 - (performance.now() - beganAt)
        if (dueMs > 0) await pause(dueMs)
        const stream = await connection.newStream(protocol, { signal }).catch(() => null)
        if (stream === null) continue
        await Promise.race([say(stream, client, target), ended(stream), aborted(signal)])
        if (stream.status === 'open') stream.abort(new Error('all is said'))
      }
    }
    for (let i = 0; i < AT_ONCE; i++) void open()
    return { end: ended(connection) }
  }
}

/** Says `bytes`, and waits for anything that comes. */
function saying(bytes: (client: HostileClient, target: Target) => Uint8Array): Say {
  return async (stream, client, target) => {
    const answered = answer(stream)
    send(stream, bytes(client, target))
    await answered
  }
}

/** A dial of `peer`, which is the bytes of a peer id. */
function connect(peer: Uint8Array): Uint8Array {
  const id = concatBytes(Uint8Array.of(0x0a, peer.length), peer)
  return framed(concatBytes(Uint8Array.of(0x08, 1, 0x12, id.length), id))
}

const idOf = ({ node }: HostileClient) => node.peerId.toMultihash().bytes

/** Who has a place at the relay, and does that with those that dial it: itself, for one. */
function placed(onDial: (stream: Stream) => void) {
  return async ({ node }: HostileClient, connection: Connection) => {
    await node.unhandle(STOP)
    await node.handle(STOP, onDial, { maxInboundStreams: 1_000, runOnLimitedConnection: true })
    const stream = await connection.newStream(HOP)
    const answered = answer(stream)
    send(stream, RESERVE)
    await Promise.race([answered, ended(stream)])
  }
}

const nobody = ({ random }: Target) => concatBytes(Uint8Array.of(0, 36, 8, 1, 18, 32), random.bytes(32))

/** Dials itself, and sends itself as much as may be. */
const carrying: Say = async (stream, client) => {
  const answered = answer(stream)
  send(stream, connect(idOf(client)))
  await answered
  for (let sent = 0; sent < RELAYED_BYTES && stream.status === 'open'; sent += PIECE_BYTES) {
    send(stream, new Uint8Array(PIECE_BYTES))
    await pause(0)
  }
}

/** An identify message of as many addresses as it takes, that nobody has signed. */
function addresses({ random }: Target): Uint8Array {
  const address = () => concatBytes(Uint8Array.of(0x12, 10, 4), random.bytes(4), Uint8Array.of(6, 31, 64, 0xdd, 3))
  return framed(concatBytes(...Array.from({ length: ADDRESSES }, address)))
}

/** One of a record that has to be verified. */
async function record(node: Libp2p): Promise<Uint8Array> {
  const { privateKey } = (node as Libp2p & { readonly components: { readonly privateKey: PrivateKey } }).components
  const peer = new PeerRecord({ peerId: node.peerId, multiaddrs: [multiaddr('/ip4/192.0.2.1/tcp/1/ws')] })
  const bytes = (await RecordEnvelope.seal(peer, privateKey)).marshal()
  return framed(concatBytes(Uint8Array.of(0x42), prefix(bytes.length), bytes))
}

/** An identify message that nobody asked for. */
function telling(message: (client: HostileClient, target: Target) => Uint8Array | Promise<Uint8Array>): Say {
  return async (stream, client, target) => {
    send(stream, await message(client, target))
    await stream.close().catch(() => {}) // the other side may have reset it
    await ended(stream)
  }
}

export const RELAY_ATTACKS = {
  'peers asked for': streaming(
    PEERS,
    saying(() => new Uint8Array()),
  ),
  'places asked for': streaming(
    HOP,
    saying(() => RESERVE),
  ),
  'dials of nobody': streaming(
    HOP,
    saying((_, target) => connect(nobody(target))),
  ),
  'dials of who refuses': streaming(
    HOP,
    saying((client) => connect(idOf(client))),
    placed((stream) => stream.abort(new Error('no'))),
  ),
  'dials of who is silent': streaming(
    HOP,
    saying((client) => connect(idOf(client))),
    placed(() => {}),
  ),
  'relayed data': streaming(
    HOP,
    carrying,
    placed((stream) => void stream.send(STOP_OK)),
  ),
  'who it is, asked': streaming(
    IDENTIFY,
    saying(() => new Uint8Array()),
  ),
  'who it is not, told': streaming(
    IDENTIFY_PUSH,
    telling((_, target) => addresses(target)),
  ),
  'who it is, told and signed': streaming(
    IDENTIFY_PUSH,
    telling(({ node }) => record(node)),
  ),
  'streams that say nothing': streaming(HOP, () => new Promise(() => {})),
} as const satisfies Record<string, Attack>

function answer(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    for (const type of ['message', 'remoteCloseWrite'] as const)
      stream.addEventListener(type, () => resolve(), { once: true })
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
