/** The window's side of the port: performs the calls of an engine in a worker on the window's libp2p node. */
import { parsePeer } from '../../network/address.ts'
import { asDialError } from '../../network/dial-error.ts'
import type { Guest } from '../../network/link.ts'
import type { WindowCaller } from '../../network/window/window-caller.ts'
import { portOf } from './port-wire.ts'
import type { DialedLink, FromWindow, ToWindow, WindowCall } from './window-port.ts'

/** A connection, known to the engine by a number. */
interface OpenLink {
  open?(signal: AbortSignal): Promise<Parameters<typeof portOf>[0]>
  hangUp(): Promise<void> | void
}

/** Begins to listen at `port`; the engine does the rest. */
export function hostWindow(port: MessagePort, node: WindowCaller): void {
  const host = new WindowHost(port, node)
  port.onmessage = ({ data }: MessageEvent<ToWindow>) => host.receive(data)
}

class WindowHost {
  readonly #port: MessagePort
  readonly #node: WindowCaller
  readonly #calls = new Map<number, AbortController>()
  readonly #links = new Map<number, OpenLink>()
  #nextLink = 0

  constructor(port: MessagePort, node: WindowCaller) {
    this.#port = port
    this.#node = node
  }

  receive(message: ToWindow): void {
    if (message.kind === 'abort') this.#calls.get(message.call)?.abort()
    else void this.#answer(message.call, message)
  }

  async #answer(call: number, asked: WindowCall): Promise<void> {
    const abort = new AbortController()
    this.#calls.set(call, abort)
    try {
      const value = await this.#perform(asked, abort.signal)
      this.#post({ kind: 'result', call, value }, value instanceof MessagePort ? [value] : [])
    } catch (error) {
      const { departure, message } = asDialError(error)
      this.#post({ kind: 'error', call, departure: { ...departure, message } })
    } finally {
      this.#calls.delete(call)
    }
  }

  async #perform(asked: WindowCall, signal: AbortSignal): Promise<unknown> {
    switch (asked.method) {
      case 'start':
        return this.#node.start({
          onGuest: (guest) => this.#admit(guest),
          onFound: (address) => this.#post({ kind: 'found', address }),
          onConditions: (conditions) => this.#post({ kind: 'conditions', conditions }),
        })
      case 'stop':
        return this.#node.stop()
      case 'dial':
        return this.#dial(asked.address, signal)
      case 'open': {
        const wire = await this.#links.get(asked.link)?.open?.(signal)
        if (wire === undefined) throw new Error('the link was hung up')
        return portOf(wire)
      }
      case 'hangUp': {
        const link = this.#links.get(asked.link)
        this.#links.delete(asked.link)
        return link?.hangUp()
      }
      case 'forget':
        this.#links.delete(asked.link)
        return
      default:
        return asked satisfies never
    }
  }

  async #dial(address: string, signal: AbortSignal): Promise<DialedLink> {
    const opened = await this.#node.dial(parsePeer(address), signal)
    return { link: this.#add(opened), peerId: opened.peerId }
  }

  #admit({ peerId, host, isWebRtc, wire, hangUp }: Guest): void {
    // The link stays after the end of its stream until the engine's word: the engine ends the stream first, and then
    // hangs up.
    const link = this.#add({ hangUp })
    const port = portOf(wire)
    this.#post({ kind: 'guest', link, peerId, host, isWebRtc, port }, [port])
  }

  #add(link: OpenLink): number {
    const number = this.#nextLink++
    this.#links.set(number, link)
    return number
  }

  #post(message: FromWindow, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer)
  }
}
