/** From an address to a peer that has sent its Status: dial, open the one long-lived stream, greet, check the chain. */
import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../protocol/clock.ts'
import { PROTOCOL_ID } from '../protocol/constants.ts'
import type { Status } from '../protocol/messages.ts'
import type { PeerAddress } from './address.ts'
import { asDialError, DialError } from './dial-error.ts'
import { hangUp } from './hang-up.ts'
import { NetworkPeer, type NetworkPeerOptions } from './peer.ts'
import type { PeerSet } from './peer-set.ts'
import { StreamWire } from './stream-wire.ts'

/** The part of a libp2p node that dials. */
export interface DialingNode {
  dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection>
}

/** What {@link connectPeer} needs beside the address. */
export interface ConnectOptions {
  readonly node: DialingNode
  readonly peers: PeerSet
  readonly status: Status
  readonly clock: Clock
  /** The peer has left; also while it is still being greeted, when {@link connectPeer} rejects. */
  readonly onLeave: NonNullable<NetworkPeerOptions['onLeave']>
  readonly onLateBlame: NonNullable<NetworkPeerOptions['onLateBlame']>
  readonly signal: AbortSignal
}

/** A peer that can be asked, and the connection to hang up when it has left. */
export interface Connected {
  readonly peer: NetworkPeer
  readonly connection: Connection
}

/**
 * Connects the peer at `address`. Rejects with {@link DialError}, hung up already: `dialFailed`, `unsupportedProtocol`,
 * `wrongChain`, `duplicatePeer`, `protocolViolation`, `disconnected`, or the reason of a ban.
 */
export async function connectPeer(address: PeerAddress, options: ConnectOptions): Promise<Connected> {
  const connection = await dial(address, options)
  const id = connection.remotePeer.toString()
  // libp2p gives the connection that it has to a peer, which belongs to the address that was first.
  if (options.peers.byId(id) !== undefined) throw duplicatePeer(id)
  try {
    const ban = options.peers.banOf(id)
    if (ban !== undefined) throw new DialError(ban)
    return { peer: await greet(id, address, connection, options), connection }
  } catch (error) {
    await hangUp(connection)
    throw asDialError(error)
  }
}

/** The peer is connected already, under another address. */
export function duplicatePeer(id: string): DialError {
  return new DialError({ reason: 'duplicatePeer', banMs: 0, message: `${id} is connected under another address` })
}

async function dial({ multiaddr }: PeerAddress, { node, signal }: ConnectOptions): Promise<Connection> {
  try {
    return await node.dial(multiaddr, { signal })
  } catch (error) {
    throw asDialError(error)
  }
}

async function greet(
  id: string,
  address: PeerAddress,
  connection: Connection,
  options: ConnectOptions,
): Promise<NetworkPeer> {
  const { peers, status, clock, signal, onLeave, onLateBlame } = options
  const peer = new NetworkPeer({
    id,
    address: address.text,
    transport: 'websocket',
    wire: new StreamWire(await openStream(connection, signal)),
    status,
    score: peers.scoreOf(address.text, 'websocket'),
    clock,
    onStatus: () => peers.changed(),
    onLeave,
    onLateBlame,
  })
  const { chainId } = await startWithin(peer, signal)
  if (status.chainId !== 0 && chainId !== 0 && status.chainId !== chainId) {
    const details = { got: chainId, expected: status.chainId }
    throw new DialError({ reason: 'wrongChain', banMs: 0, message: `a peer of chain ${chainId}` }, { details })
  }
  return peer
}

async function openStream(connection: Connection, signal: AbortSignal): Promise<Stream> {
  try {
    return await connection.newStream(PROTOCOL_ID, { signal })
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'UnsupportedProtocolError')) throw cause
    const message = `does not speak ${PROTOCOL_ID}`
    throw new DialError({ reason: 'unsupportedProtocol', banMs: 0, message }, { cause })
  }
}

/** The peer's first Status. */
async function startWithin(peer: NetworkPeer, signal: AbortSignal): Promise<Status> {
  const onAbort = () => peer.disconnect({ reason: 'dialFailed', banMs: 0, message: 'no Status in time' })
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) onAbort()
    return await peer.start()
  } catch (cause) {
    throw peer.departure === undefined ? cause : new DialError(peer.departure, { cause })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
