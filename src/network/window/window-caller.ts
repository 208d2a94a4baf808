/**
 * The libp2p node of the window, as the engine uses it. WebRTC and the page's visibility exist only in windows; the
 * engine may be in a worker. `window-node.ts` is the node itself, and `src/worker/window` carries calls over the port.
 */
import type { Caller, Guest } from '../link.ts'

/** The conditions that decide whether a tab serves others. */
export interface Conditions {
  readonly isHidden: boolean
  /** True if the user pays by volume, as far as the browser tells. */
  readonly isMetered: boolean
}

/** The events for the engine. */
export interface WindowHandlers {
  /** Called when another tab has opened a stream of the protocol; only if the window serves. */
  onGuest(guest: Guest): void
  /** Called with the multiaddr of a found tab. */
  onFound(address: string): void
  /** Called at the start, and after every change. */
  onConditions(conditions: Conditions): void
}

/** A caller over WebRTC that also receives the calls of others. */
export interface WindowCaller extends Caller {
  /** Loads libp2p, connects to the relays, and listens on them if the window serves. Rejects if the load fails. */
  start(handlers: WindowHandlers): Promise<void>
  /** Hangs up all connections. May be called twice. The node can be started again. */
  stop(): Promise<void>
}
