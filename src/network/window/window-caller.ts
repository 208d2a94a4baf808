/**
 * The libp2p node of the window as the engine uses it. WebRTC exists in windows only, and so does what the user does with
 * the page; the engine may be in a worker. `window-node.ts` is the node itself, `src/worker` has the way across the port.
 */
import type { Caller, Guest } from '../link.ts'

/** What bears on whether a tab should serve others. */
export interface Conditions {
  readonly isHidden: boolean
  /** The user pays for what is sent, as far as the browser tells. */
  readonly isMetered: boolean
}

/** What the engine is told. */
export interface WindowHandlers {
  /** Another tab has opened a stream of the protocol; only where the page serves. */
  onGuest(guest: Guest): void
  /** Somebody has told of another tab: its multiaddr. */
  onFound(address: string): void
  /** Now, and when they change. */
  onConditions(conditions: Conditions): void
}

/** Calls peers over WebRTC, and takes the calls of others. */
export interface WindowCaller extends Caller {
  /** Loads libp2p, connects to the relays, and listens on them where the page serves. Rejects if that cannot be loaded. */
  start(handlers: WindowHandlers): Promise<void>
  /** Hangs up everything. May be called twice; it can be started again. */
  stop(): Promise<void>
}
