/**
 * Why we ended a connection that stood: the reason that is passed to `abort`. libp2p hands it on unchanged in the `close`
 * event of the connection, where the dialer and the relay keeper look for it.
 */
import { RootlightError } from '../runtime/error.ts'

/** The reasons for us to end an established connection. */
export type ConnectionErrorCode =
  /** Below the protocol (yamux, multistream-select), the other side broke a limit. It is kept out like a liar. */
  | 'muxerViolation'
  /** Not a byte came although we had asked for one. The other side may only be overloaded. */
  | 'silentPeer'

/** A connection that we ended because of how the other side behaves. */
export class ConnectionError extends RootlightError<ConnectionErrorCode> {}
