/**
 * A connection to a peer, from the engine's point of view and on any thread: WebSockets are connected in the engine's
 * thread, WebRTC in the window.
 */
import type { Wire } from '../protocol/wire.ts'
import type { PeerAddress } from './address.ts'

/** An established connection. Its owner hangs up. */
export interface Link {
  /** The peer's id, proven by the handshake. */
  readonly peerId: string
  /** Opens a stream of the protocol. Rejects with `DialError`: `unsupportedProtocol`, or `dialFailed`. */
  open(signal: AbortSignal): Promise<Wire>
  /** Closes the connection in any state. Never rejects. May be called twice. */
  hangUp(): Promise<void>
}

/** A way to make connections. */
export interface Caller {
  /** Connects to the peer at `address`, or returns an existing connection. Rejects with any error. */
  dial(address: PeerAddress, signal: AbortSignal): Promise<Link>
}

/** A stream opened by another peer on its own connection. */
export interface Guest {
  readonly peerId: string
  /** The peer's host, as far as known: the peers of one host take turns. */
  readonly host: string
  readonly wire: Wire
  /** True for a WebRTC connection: at most 2 MB may be in flight. */
  readonly isWebRtc: boolean
  /** Closes the peer's connections, after a violation of the protocol. */
  hangUp(): void
}
