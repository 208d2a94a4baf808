/** The options of a server, of a relay and of a verification. */

import type { RelayLimits } from '../network/finding/relay.ts'
import type { ConnectionLimits } from '../network/guards/connection-limits.ts'
import type { ServingLimits } from '../protocol/serving-limits.ts'
import type { TraceEvent } from '../runtime/trace-text.ts'
import type { NodeSource } from '../trie/node-source.ts'
import type { Served } from './observed-source.ts'

/** A WebSocket on this machine, on any free port. */
export const DEFAULT_LISTEN = '/ip4/127.0.0.1/tcp/0/ws'

/** A complete state. `root` is 32 bytes. */
export interface ServedState {
  readonly root: Uint8Array
  readonly source: NodeSource
  readonly blockNumber?: number
}

/** The options of `startServer`. */
export interface ServerOptions {
  /** The states, the newest first. Only the first 128 are announced; clients do not ask for the others. */
  readonly sources: readonly ServedState[]
  /** Further block headers (RLP) to answer for, beside the headers of the states. */
  readonly headers?: readonly Uint8Array[]
  /** Multiaddrs; {@link DEFAULT_LISTEN} if left out. */
  readonly listen?: readonly string[]
  /** 0, or left out: of no particular chain. */
  readonly chainId?: number
  /** A key from `createPrivateKey`. Left out: a new identity. */
  readonly privateKey?: Uint8Array
  /** Limits on a peer's cost in place of the usual ones. */
  readonly limits?: Partial<ServingLimits>
  /** Limits of connections in place of the usual ones. */
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Makes the server a relay for tabs as well, with these limits. */
  readonly relay?: RelayLimits
  /** Called if WebRTC is not available; the server then starts without. Left out: the server does not start. */
  readonly onWebRtcUnavailable?: (error: Error) => void
  /** Limits the bytes of all answers together, to imitate a slow peer. */
  readonly throttleBytesPerSecond?: number
  /** Called for each answer before sending. */
  readonly onServed?: (served: Served) => void
  /**
   * Called when a read of `state` has met damage (`damagedState`). The state is no longer served, and every peer has
   * been told. The other states are still served.
   */
  readonly onDamage?: (error: unknown, state: ServedState) => void
  /** Called when a source failed; the asking peer is disconnected. */
  readonly onFailure?: (error: unknown) => void
  /** Called for each decision: a connection, a denial, an answer, a refusal. Left out: nothing is noted. */
  readonly onTrace?: (event: TraceEvent) => void
}

/** The options of `startRelay`. */
export interface RelayOptions {
  /** Multiaddrs; {@link DEFAULT_LISTEN} if left out. */
  readonly listen?: readonly string[]
  /** `DEFAULT_RELAY_LIMITS` if left out. */
  readonly limits?: RelayLimits
  /** Limits of connections in place of the usual ones. */
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** A key from `createPrivateKey`. Left out: a new identity. */
  readonly privateKey?: Uint8Array
  /** Called for each decision: a connection, a denial, an answer, a refusal. Left out: nothing is noted. */
  readonly onTrace?: (event: TraceEvent) => void
}

export interface VerifyOptions {
  /** Called now and then during a verification, with the state's label and the progress from 0 to 1. */
  readonly onVerify?: (label: string, fraction: number) => void
  readonly signal?: AbortSignal
}
