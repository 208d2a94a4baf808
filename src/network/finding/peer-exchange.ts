/**
 * Questions about other peers. A node answers with the signed records of its connected, serving peers. The records are
 * libp2p's own, from identify: no node can announce addresses for another.
 */
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { PROTOCOL_ID } from '../../protocol/constants.ts'
import { FrameSplitter } from '../../protocol/frames.ts'
import { systemClock } from '../../runtime/clock.ts'
import {
  MAX_PEER_LIST_BYTES,
  MAX_PEER_RECORD_BYTES,
  MAX_STREAMS_PER_CONNECTION,
  MAX_TOLD_PEERS,
  PEER_QUESTION_RATES,
  PEERS_PROTOCOL_ID,
} from '../constants.ts'
import { RateLimiter } from '../guards/rate-limiter.ts'
import { StreamWire } from '../libp2p/stream-wire.ts'
import { decodePeerList, encodePeerList } from './peer-list.ts'

/** A peer named in an answer, with its own signed data. */
export interface ToldPeer {
  readonly id: string
  /** The addresses, without the peer id at the end. */
  readonly addresses: readonly string[]
}

/** Begins to answer questions at `node`. `random`: 0 to 1. */
export async function tellPeers(node: Libp2p, random: () => number = Math.random): Promise<void> {
  const limits = new RateLimiter(PEER_QUESTION_RATES, systemClock)
  await node.handle(
    PEERS_PROTOCOL_ID,
    async (stream, connection) => {
      if (!limits.accepts(connection)) {
        stream.abort(new Error('asked too often'))
        return
      }
      const wire = new StreamWire(stream)
      wire.open({ onChunk: () => {}, onClose: () => {} })
      const records = await recordsFor(node, connection.remotePeer, random)
      // A failed wire has ended; nothing else is to be done.
      await wire.send(encodePeerList(records)).catch(() => {})
      wire.close()
    },
    { maxInboundStreams: MAX_STREAMS_PER_CONNECTION },
  )
}

/**
 * Asks the other side of `connection`. Leaves out records without a valid signature. Rejects if the answer is missing
 * or wrong.
 */
export async function askPeers(connection: Connection, signal: AbortSignal): Promise<ToldPeer[]> {
  const stream = await connection.newStream(PEERS_PROTOCOL_ID, { signal })
  const wire = new StreamWire(stream)
  let records: Uint8Array[]
  try {
    records = decodePeerList(await firstFrame(wire, signal))
  } finally {
    // The answer is one frame. A merely closed stream would still receive whatever the other side sends. An abort does
    // not affect a stream already ended.
    wire.abort(new Error('all is said'))
  }
  const told = await Promise.all(records.map((record) => open(record).catch(() => null)))
  return told.filter((peer) => peer !== null)
}

async function recordsFor(node: Libp2p, asker: PeerId, random: () => number): Promise<Uint8Array[]> {
  const ids = node.getPeers().filter((id) => !id.equals(asker))
  const records: Uint8Array[] = []
  for (const id of shuffled(ids, random)) {
    if (records.length === MAX_TOLD_PEERS) break
    const peer = await node.peerStore.get(id).catch(() => null) // it has gone meanwhile
    const record = peer?.peerRecordEnvelope
    if (peer === null || record === undefined || record.length > MAX_PEER_RECORD_BYTES) continue
    const isDialable = peer.addresses.some(({ multiaddr }) => multiaddr.toString().includes('/webrtc'))
    if (isDialable && peer.protocols.includes(PROTOCOL_ID)) records.push(record)
  }
  return records
}

function firstFrame(wire: StreamWire, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const splitter = new FrameSplitter(MAX_PEER_LIST_BYTES)
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    wire.open({
      onChunk: (chunk) => {
        try {
          splitter.push(chunk, resolve)
        } catch (error) {
          reject(error)
        }
      },
      onClose: (error) => {
        signal.removeEventListener('abort', onAbort)
        reject(error ?? new Error('the peer has told nothing'))
      },
    })
    if (signal.aborted) onAbort()
  })
}

/** Verifies a record. Rejects if the record's peer has not signed it. */
async function open(record: Uint8Array): Promise<ToldPeer> {
  const envelope = await RecordEnvelope.openAndCertify(record, PeerRecord.DOMAIN)
  const { peerId, multiaddrs } = PeerRecord.createFromProtobuf(envelope.payload)
  if (peerId.publicKey?.equals(envelope.publicKey) !== true) throw new Error('signed by somebody else')
  return { id: peerId.toString(), addresses: multiaddrs.map((address) => address.toString()) }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items]
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const item = list[i]!
    list[i] = list[j]!
    list[j] = item
  }
  return list
}
