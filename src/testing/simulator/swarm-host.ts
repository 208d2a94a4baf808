/** One answering machine of a swarm, a server or a tab: the real responder over any source. */
import { type RootStatus, type Status, statusOf } from '../../protocol/messages.ts'
import { Responder } from '../../protocol/responder.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { type Access, connect, type WireEnd } from './swarm-network.ts'

export interface HostOptions {
  readonly id: string
  readonly access: Access
  readonly source: NodeSource
}

const CHAIN_ID = 1

export class Host {
  readonly id: string
  readonly #options: HostOptions
  readonly access: Access
  readonly #responders = new Set<Responder>()
  #status: Status = statusOf(CHAIN_ID)

  constructor(options: HostOptions) {
    this.id = options.id
    this.access = options.access
    this.#options = options
  }

  /** Announces `root` on all present and future connections. */
  announce(root: RootStatus): void {
    this.#status = statusOf(CHAIN_ID, [root])
    for (const responder of this.#responders) responder.sendStatus(this.#status)
  }

  /** Accepts a connection made by the machine behind `from`. Returns the end of that machine. */
  accept(from: Access, roundTripMs: number): WireEnd {
    const { access, source } = this.#options
    const [theirs, ours] = connect(from, access, roundTripMs)
    const responder = new Responder({
      wire: ours,
      source,
      status: this.#status,
      clock: access.clock,
      onFailure: (error) => {
        throw error
      },
      onClose: () => this.#responders.delete(responder),
    })
    this.#responders.add(responder)
    responder.start()
    return theirs
  }
}
