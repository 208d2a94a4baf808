/**
 * The errors of this folder: mistakes of an application or an operator, and the reasons why a peer is not connected.
 */
import { RootlightError } from '../runtime/error.ts'

/** The reasons why a node could not be started. */
export type NetworkErrorCode =
  /** The address is not a multiaddr to be dialed, or to listen at. */
  | 'badMultiaddr'
  /** Another process already listens at the address. */
  | 'addressInUse'
  /** Listening failed for another reason, given as the `cause`. */
  | 'listenFailed'
  /** The bytes are not a private key. */
  | 'badPrivateKey'
  /** WebRTC was requested, but its optional package or native module is missing. */
  | 'webrtcUnavailable'
  /** A limit of the relay is not a whole number from 1. */
  | 'badRelayLimit'

/** A node could not be started with the given options. */
export class NetworkError extends RootlightError<NetworkErrorCode> {}

/** The reason why a peer is not connected, in its snapshot. */
export type LeaveReason =
  /** The address does not answer, or the handshake failed. */
  | 'dialFailed'
  /** Code for connecting could not be loaded. The peer is not blamed, and the load is tried again. */
  | 'loadFailed'
  /** The peer does not speak our protocol. */
  | 'unsupportedProtocol'
  /** The peer serves another chain. */
  | 'wrongChain'
  /** The peer is already connected, under another address. */
  | 'duplicatePeer'
  /** The peer, or the network, ended the connection. */
  | 'disconnected'
  /** The peer sent bytes with a wrong hash. */
  | 'lied'
  /** The peer broke the protocol's limits. */
  | 'protocolViolation'
  /** The peer did not answer in time, even to the smallest request. */
  | 'stalled'
  /** We ended the connection. */
  | 'closed'
