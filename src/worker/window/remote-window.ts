/** The engine's side of the port to the window: the window's libp2p node, as if on this thread. */
import type { PeerAddress } from '../../network/address.ts'
import { DialError } from '../../network/dial-error.ts'
import type { Link } from '../../network/link.ts'
import type { WindowCaller, WindowHandlers } from '../../network/window/window-caller.ts'
import type { Wire, WireHandler } from '../../protocol/wire.ts'
import { OpenCalls } from '../open-calls.ts'
import { PortWire } from './port-wire.ts'
import type { FromWindow, ToWindow, WindowAnswer, WindowCall } from './window-port.ts'

/** Takes over `port`, and ends with the worker. */
export class RemoteWindow implements WindowCaller {
  readonly #port: MessagePort
  readonly #calls = new OpenCalls<WindowCall>()
  #handlers: WindowHandlers | null = null

  constructor(port: MessagePort) {
    this.#port = port
    port.onmessage = ({ data }: MessageEvent<FromWindow>) => this.#receive(data)
  }

  async start(handlers: WindowHandlers): Promise<void> {
    this.#handlers = handlers
    await this.#call({ method: 'start' })
  }

  async stop(): Promise<void> {
    this.#handlers = null
    await this.#call({ method: 'stop' })
  }

  async dial({ text }: PeerAddress, signal: AbortSignal): Promise<Link> {
    const { link, peerId } = await this.#call({ method: 'dial', address: text }, signal)
    return {
      peerId,
      open: async (signal) => new PortWire(await this.#call({ method: 'open', link }, signal)),
      hangUp: () => this.#tell({ method: 'hangUp', link }),
    }
  }

  /** Makes a call, and rejects as the window does. An aborting signal ends the call early and undoes its effect. */
  async #call<const C extends WindowCall>(asked: C, signal?: AbortSignal): Promise<WindowAnswer<C>> {
    let abort = () => {}
    const answer = this.#calls.add<WindowAnswer<C>>(asked, (call) => {
      abort = () => this.#post({ kind: 'abort', call })
      this.#post({ kind: 'call', call, ...asked })
    })
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort)
    return answer.finally(() => signal?.removeEventListener('abort', abort))
  }

  /** Makes a call without regard to failure: the window has done its part. Never rejects. */
  async #tell(asked: WindowCall): Promise<void> {
    await this.#call(asked).catch(() => {})
  }

  #receive(message: FromWindow): void {
    switch (message.kind) {
      case 'conditions':
        this.#handlers?.onConditions(message.conditions)
        return
      case 'found':
        this.#handlers?.onFound(message.address)
        return
      case 'guest': {
        const { link, peerId, host, isWebRtc, port } = message
        const hangUp = () => void this.#tell({ method: 'hangUp', link })
        if (this.#handlers === null) hangUp()
        else {
          const wire = watched(new PortWire(port), () => void this.#tell({ method: 'forget', link }))
          this.#handlers.onGuest({ peerId, host, isWebRtc, wire, hangUp })
        }
        return
      }
      case 'result':
        this.#calls.resolve(message.call, message.value)
        return
      case 'error':
        this.#calls.reject(message.call, new DialError(message.departure))
    }
  }

  #post(message: ToWindow): void {
    this.#port.postMessage(message)
  }
}

/** Returns `wire` with a call of `onEnd` at its end, also if the wire was never opened. */
function watched(wire: Wire, onEnd: () => void): Wire {
  let isOpen = false
  const open = (handler: WireHandler) => {
    isOpen = true
    wire.open({
      onChunk: (chunk) => handler.onChunk(chunk),
      onClose: (error) => {
        handler.onClose(error)
        onEnd()
      },
    })
  }
  return {
    open,
    send: (pieces) => wire.send(pieces),
    close: () => wire.close(),
    abort: (error) => {
      if (!isOpen) open({ onChunk: () => {}, onClose: () => {} })
      wire.abort(error)
    },
  }
}
