/**
 * Servers answering each dial of a tab with another random or bent input, at one level. Below the encrypted connection,
 * one listener serves many loopback addresses. Above, each address is a node. Node only.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { Libp2p } from '@libp2p/interface'
import { seededRandom } from '../random.ts'
import { ANSWERS, endAnswer, saidClose } from './raw-answers.ts'
import { STREAM_ANSWERS, startAnsweringNode } from './stream-answers.ts'
import { PROTOCOL } from './wire-bytes.ts'

/** Levels of the inputs sent to a tab. */
export type TabFuzzLevel = keyof typeof ANSWERS | keyof typeof STREAM_ANSWERS
export const TAB_FUZZ_LEVELS = [...Object.keys(ANSWERS), ...Object.keys(STREAM_ANSWERS)] as readonly TabFuzzLevel[]

export interface FuzzingServerOptions {
  readonly level: TabFuzzLevel
  readonly seed: number
  /** Number of addresses given to the tab. */
  readonly addresses: number
  /** Port of an honest server on this machine, the source of the handshakes to bend. */
  readonly honestPort: number
  /** Root of a state wanted by the tab. */
  readonly root: Uint8Array
}

/** Counts since the start, as plain data. */
export interface FuzzingCounts {
  readonly dials: number
  readonly inputs: number
  /** Open sockets. */
  readonly open: number
  readonly mostOpen: number
  /** Sockets wrongly kept open by the tab. */
  readonly kept: number
}

/** Maximum inputs of a run at one level. Each input has its own seed. */
const MAX_INPUTS = 1_000_000

export class FuzzingServer {
  readonly #options: FuzzingServerOptions
  readonly #sockets = new Set<Socket>()
  readonly #nodes: Libp2p[] = []
  #listener: Server | null = null
  #nextSeed: number
  #dials = 0
  #inputs = 0
  #mostOpen = 0
  #kept = 0

  private constructor(options: FuzzingServerOptions) {
    this.#options = options
    this.#nextSeed = (options.seed * TAB_FUZZ_LEVELS.length + TAB_FUZZ_LEVELS.indexOf(options.level)) * MAX_INPUTS
  }

  /** Starts the servers. The caller stops them. */
  static async start(options: FuzzingServerOptions): Promise<FuzzingServer> {
    const server = new FuzzingServer(options)
    if (options.level in ANSWERS) await server.#listen()
    else for (let i = 0; i < options.addresses; i++) await server.#addNode()
    return server
  }

  /** Multiaddrs, `options.addresses` in number. */
  get addresses(): readonly string[] {
    if (this.#listener === null) return this.#nodes.map((node) => String(node.getMultiaddrs()[0]))
    const { port } = this.#listener.address() as { port: number }
    return Array.from({ length: this.#options.addresses }, (_, i) => `/ip4/127.66.${i >> 8}.${i & 255}/tcp/${port}/ws`)
  }

  get counts(): FuzzingCounts {
    const open = this.#listener === null ? this.#connections() : this.#sockets.size
    const mostOpen = Math.max(this.#mostOpen, open)
    return { dials: this.#dials, inputs: this.#inputs, open, mostOpen, kept: this.#kept }
  }

  /** Stops listening. Open connections go on until they end by themselves. */
  async quiet(): Promise<void> {
    this.#listener?.close()
    await Promise.all(this.#nodes.map((node) => node.unhandle(PROTOCOL)))
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#listener?.close()
    await Promise.all(this.#nodes.map(async (node) => node.stop()))
  }

  #connections(): number {
    return this.#nodes.reduce((sum, node) => sum + node.getConnections().length, 0)
  }

  async #listen(): Promise<void> {
    const listener = createServer((socket) => void this.#answer(socket))
    this.#listener = listener
    // Listens on all of 127.0.0.0/8: each address is another server to the tab, and another host to the browser.
    await new Promise<void>((resolve) => listener.listen(0, '0.0.0.0', resolve))
  }

  async #answer(socket: Socket): Promise<void> {
    this.#dials++
    this.#inputs++
    this.#sockets.add(socket)
    this.#mostOpen = Math.max(this.#mostOpen, this.#sockets.size)
    socket.on('error', () => {}) // a reset is an end as well
    socket.once('close', () => this.#sockets.delete(socket))
    const random = seededRandom(this.#nextSeed++)
    const close = saidClose(socket)
    await ANSWERS[this.#options.level as keyof typeof ANSWERS](socket, random, this.#options)
    if (!(await endAnswer(socket, random, close))) this.#kept++
  }

  async #addNode(): Promise<void> {
    const { level, root } = this.#options
    const node = await startAnsweringNode({
      protocol: PROTOCOL,
      root,
      answer: STREAM_ANSWERS[level as keyof typeof STREAM_ANSWERS],
      nextSeed: () => this.#nextSeed++,
      onInput: () => this.#inputs++,
    })
    node.addEventListener('connection:open', () => {
      this.#dials++
      this.#mostOpen = Math.max(this.#mostOpen, this.#connections())
    })
    this.#nodes.push(node)
  }
}
