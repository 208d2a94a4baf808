/** The steps from an address to a peer with a Status: dial, open the one long-lived stream, greet, check the chain. */

import type { Status } from '../../protocol/messages.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { PeerAddress } from '../address.ts'
import { asDialError, DialError } from '../dial-error.ts'
import type { Caller, Link } from '../link.ts'
import { NetworkPeer, type NetworkPeerOptions } from './peer.ts'
import type { PeerSet } from './peer-set.ts'

/** The options of {@link connectPeer}, beside the address. */
export interface ConnectOptions {
  readonly caller: Caller
  readonly peers: PeerSet
  readonly status: Status
  readonly clock: Clock
  /** Called when the peer has left, even during the greeting, when {@link connectPeer} rejects. */
  readonly onLeave: NonNullable<NetworkPeerOptions['onLeave']>
  readonly onLateBlame: NonNullable<NetworkPeerOptions['onLateBlame']>
  readonly signal: AbortSignal
  readonly trace?: Trace | null | undefined
}

/** A peer ready for requests, and the link to hang up after the peer has left. */
export interface Connected {
  readonly peer: NetworkPeer
  readonly link: Link
}

/**
 * Connects the peer at `address`. Rejects with {@link DialError}, hung up already: `dialFailed`, `unsupportedProtocol`,
 * `wrongChain`, `duplicatePeer`, `protocolViolation`, `disconnected`, or the reason of a ban.
 */
export async function connectPeer(address: PeerAddress, options: ConnectOptions): Promise<Connected> {
  const link = await dial(address, options)
  const id = link.peerId
  // libp2p reuses an existing connection to a peer, which belongs to the first address.
  if (options.peers.byId(id) !== undefined) throw duplicatePeer(id)
  try {
    const ban = options.peers.banOf(id)
    if (ban !== undefined) throw new DialError(ban)
    return { peer: await greet(address, link, options), link }
  } catch (error) {
    await link.hangUp()
    throw asDialError(error)
  }
}

/** Returns the error for a peer already connected under another address. */
export function duplicatePeer(id: string): DialError {
  return new DialError({ reason: 'duplicatePeer', banMs: 0, message: `${id} is connected under another address` })
}

async function dial(address: PeerAddress, { caller, signal }: ConnectOptions): Promise<Link> {
  try {
    return await caller.dial(address, signal)
  } catch (error) {
    throw asDialError(error)
  }
}

async function greet(address: PeerAddress, link: Link, options: ConnectOptions): Promise<NetworkPeer> {
  const { peers, status, clock, signal, onLeave, onLateBlame, trace } = options
  const peer = new NetworkPeer({
    id: link.peerId,
    address: address.text,
    transport: address.transport,
    wire: await link.open(signal),
    status,
    score: peers.scoreOf(address.text, address.transport),
    patience: peers.patienceOf(address.text),
    clock,
    onStatus: (peer) => {
      trace?.('peers', 'status', { peer: peer.id, roots: peer.roots })
      peers.changed()
    },
    onRoom: () => peers.changed(),
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

/** Resolves with the peer's first Status. */
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
