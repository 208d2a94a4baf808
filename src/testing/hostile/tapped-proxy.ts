/** A TCP proxy before an honest server, which can put something else in the place of what the server says. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { sendEndlessMessage } from './raw-server.ts'

export class TappedProxy {
  readonly #server: Server
  /** What the tab has, and what the server has of it. */
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

  /** To `port` of this machine. The caller stops it. */
  static async start(port: number): Promise<TappedProxy> {
    const proxy = new TappedProxy(port)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Sockets of the tab. */
  get open(): number {
    return this.#pairs.size
  }

  /** On each connection the server is cut off, and a message begins that never ends. */
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
