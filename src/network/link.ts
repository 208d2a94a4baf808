/**
 * A connection to a peer as the engine sees it, on whatever thread it is: WebSockets are connected where the engine runs,
 * WebRTC in the window.
 */
import type { Wire } from '../protocol/wire.ts'
import type { PeerAddress } from './address.ts'

/** A connection that was made. Whoever has it hangs it up. */
export interface Link {
  /** The peer's id, proven by the handshake. */
  readonly peerId: string
  /** Opens a stream of the protocol. Rejects with `DialError`: `unsupportedProtocol`, or `dialFailed`. */
  open(signal: AbortSignal): Promise<Wire>
  /** Closes the connection, whatever state it is in. Never rejects. May be called twice. */
  hangUp(): Promise<void>
}

/** Who makes connections. */
export interface Caller {
  /** Connects the peer at `address`; may give a connection that there is already. Rejects with whatever went wrong. */
  dial(address: PeerAddress, signal: AbortSignal): Promise<Link>
}

/** A stream that another peer has opened on a connection of its own making. */
export interface Guest {
  readonly peerId: string
  /** Where it comes from, as far as that is known: peers of one host share its turns. */
  readonly host: string
  readonly wire: Wire
  /** What it is connected by is WebRTC: at most 2 MB may be on their way. */
  readonly isWebRtc: boolean
  /** Closes its connections: the peer has broken the protocol. */
  hangUp(): void
}
