/** Messages across the port between window and worker. The first message opens the engine. */
import type { TraceNote } from '../../runtime/trace.ts'
import type { EngineEvent, EngineOptions } from '../engine.ts'
import type { EngineCall } from '../engine-calls.ts'
import type { PlainError } from '../errors.ts'

export type ToWorker =
  | {
      readonly kind: 'open'
      readonly options: EngineOptions
      /** Name of a Web Lock for the worker to hold as long as the worker lives; `null` where there are no locks. */
      readonly lock: string | null
      /** The port to the window's libp2p node, see `window-port.ts`; `null`: WebRTC is not wanted. */
      readonly window: MessagePort | null
    }
  | ({ readonly kind: 'call'; readonly call: number } & EngineCall)

export type FromWorker =
  /** The worker's script runs, and has received the order to open the engine. */
  | { readonly kind: 'started' }
  /** The worker holds its lock. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: PlainError }
  | { readonly kind: 'result'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly call: number; readonly error: PlainError }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  /** Only if the options asked for a trace. */
  | { readonly kind: 'trace'; readonly note: TraceNote }

/** The worker's side of the port: the used part of `DedicatedWorkerGlobalScope`. */
export interface WorkerScope {
  postMessage(message: FromWorker, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void
}
