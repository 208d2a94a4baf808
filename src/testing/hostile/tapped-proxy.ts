/** A TCP proxy before an honest server, able to replace the server's bytes by others. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { sendEndlessMessage } from './raw-server.ts'

export class TappedProxy {
  readonly #server: Server
  /** Each socket of the tab, with the matching socket to the server. */
  readonly #pairs = new Map<Socket, Socket>()

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      this.#pairs.set(near, far)
      near.pipe(far)
      far.pipe(near)
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        socket.on('error', () => {}) // a reset is an end as well
        socket.once('close', () => other.destroy())
      }
      near.once('close', () => this.#pairs.delete(near))
    })
  }

  /** Starts a proxy to `port` of this machine. The caller stops the proxy. */
  static async start(port: number): Promise<TappedProxy> {
    const proxy = new TappedProxy(port)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Number of open sockets of the tab. */
  get open(): number {
    return this.#pairs.size
  }

  /** Cuts the server off on each connection, and starts a message without an end. */
  flood(): void {
    for (const [near, far] of this.#pairs) {
      far.unpipe(near)
      far.resume()
      sendEndlessMessage(near)
    }
  }

  async stop(): Promise<void> {
    for (const near of this.#pairs.keys()) near.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
