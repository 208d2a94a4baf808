/**
 * The reasons for ending an established connection, passed to `abort`. libp2p hands the reason on unchanged in the
 * connection's `close` event, for the dialer and the relay keeper.
 */
import { RootlightError } from '../runtime/error.ts'

/** Our reasons to end an established connection. */
export type ConnectionErrorCode =
  /** The peer broke a limit below the protocol (yamux, multistream-select). The ban is as long as a liar's. */
  | 'muxerViolation'
  /** No byte came when we had asked for one. The peer may only be overloaded. */
  | 'silentPeer'

/** The end of a connection by us, because of the peer's behavior. */
export class ConnectionError extends RootlightError<ConnectionErrorCode> {}
