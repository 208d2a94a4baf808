/** The errors of this folder: what an application or an operator did wrong, and why a peer is not connected. */
import { RootlightError } from '../runtime/error.ts'

/** What is wrong with how a node was started. */
export type NetworkErrorCode =
  /** Not a multiaddr that can be dialed, or listened at. */
  | 'badMultiaddr'
  /** Another process listens there already. */
  | 'addressInUse'
  /** Listening failed for another reason; `cause` knows it. */
  | 'listenFailed'
  /** Bytes that are not a private key. */
  | 'badPrivateKey'
  /** WebRTC is wanted, and its optional package or its native module is not there. */
  | 'webrtcUnavailable'
  /** A limit of a relay that is no whole number from 1. */
  | 'badRelayLimit'

/** A node that cannot be started as it was asked to. */
export class NetworkError extends RootlightError<NetworkErrorCode> {}

/** Why a peer is not connected, as its snapshot says it. */
export type LeaveReason =
  /** Nobody answers at its address, or the handshake failed. */
  | 'dialFailed'
  /** The code that connects to it could not be loaded: that is not its fault, and is tried again. */
  | 'loadFailed'
  /** It is there, and does not speak our protocol. */
  | 'unsupportedProtocol'
  /** It serves another chain. */
  | 'wrongChain'
  /** It is connected already, under another address. */
  | 'duplicatePeer'
  /** It, or the network, ended the connection. */
  | 'disconnected'
  /** Bytes that are not what their hash says. */
  | 'lied'
  /** It broke the protocol's own limits. */
  | 'protocolViolation'
  /** No answer in time, even to the smallest request. */
  | 'stalled'
  /** We ended the connection. */
  | 'closed'
