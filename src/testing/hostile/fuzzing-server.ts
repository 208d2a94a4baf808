/**
 * Servers that answer each dial of a tab with another random or bent input, at one level. Those below the encrypted connection
 * are one listener at many addresses of the loopback interface; those above it are a node each. Node only.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { Libp2p } from '@libp2p/interface'
import { seededRandom } from '../random.ts'
import { ANSWERS, endAnswer, saidClose } from './raw-answers.ts'
import { STREAM_ANSWERS, startAnsweringNode } from './stream-answers.ts'
import { PROTOCOL } from './wire-bytes.ts'

/** Levels at which a tab can be spoken to. */
export type TabFuzzLevel = keyof typeof ANSWERS | keyof typeof STREAM_ANSWERS
export const TAB_FUZZ_LEVELS = [...Object.keys(ANSWERS), ...Object.keys(STREAM_ANSWERS)] as readonly TabFuzzLevel[]

export interface FuzzingServerOptions {
  readonly level: TabFuzzLevel
  readonly seed: number
  /** Addresses that a tab is told. */
  readonly addresses: number
  /** The port of an honest server on this machine, whose handshake can be bent. */
  readonly honestPort: number
  /** Of a state that the tab wants. */
  readonly root: Uint8Array
}

/** What it has done so far, as plain data. */
export interface FuzzingCounts {
  readonly dials: number
  readonly inputs: number
  /** Sockets that are open. */
  readonly open: number
  readonly mostOpen: number
  /** Sockets that the tab should have ended, and has not. */
  readonly kept: number
}

/** Inputs of a run at one level have seeds of their own. */
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

  /** The caller stops it. */
  static async start(options: FuzzingServerOptions): Promise<FuzzingServer> {
    const server = new FuzzingServer(options)
    if (options.level in ANSWERS) await server.#listen()
    else for (let i = 0; i < options.addresses; i++) await server.#addNode()
    return server
  }

  /** Multiaddrs: as many as were asked for. */
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

  /** Listens no more. What is open goes on until it ends by itself. */
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
    // On all of 127.0.0.0/8: each address is another server to the tab, and another host to the browser.
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
