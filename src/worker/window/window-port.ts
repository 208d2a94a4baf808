/** Messages across the port between an engine in a worker and the window's libp2p node. Links are numbers. */
import type { Departure } from '../../network/departure.ts'
import type { Conditions } from '../../network/window/window-caller.ts'

/** The calls to the window; each is answered once. */
export type WindowCall =
  | { readonly method: 'start' | 'stop' }
  /** Dials; answered with the link. */
  | { readonly method: 'dial'; readonly address: string }
  /** Opens a stream; answered with the port of a wire, see `port-wire.ts`. */
  | { readonly method: 'open'; readonly link: number }
  | { readonly method: 'hangUp'; readonly link: number }
  /** The engine will not hang up this guest: its stream has ended. */
  | { readonly method: 'forget'; readonly link: number }

export type ToWindow =
  | ({ readonly kind: 'call'; readonly call: number } & WindowCall)
  /** The engine no longer waits for the answer. */
  | { readonly kind: 'abort'; readonly call: number }

export type FromWindow =
  | { readonly kind: 'result'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly call: number; readonly departure: Departure }
  | {
      readonly kind: 'guest'
      readonly link: number
      readonly peerId: string
      readonly host: string
      readonly isWebRtc: boolean
      readonly port: MessagePort
    }
  | { readonly kind: 'found'; readonly address: string }
  | { readonly kind: 'conditions'; readonly conditions: Conditions }

/** The answer to `dial`. */
export interface DialedLink {
  readonly link: number
  readonly peerId: string
}

/** The answer to a call. */
export type WindowAnswer<C extends WindowCall> = C extends { readonly method: 'dial' }
  ? DialedLink
  : C extends { readonly method: 'open' }
    ? MessagePort
    : undefined
