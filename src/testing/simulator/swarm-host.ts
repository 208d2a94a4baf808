/** One machine of a swarm that answers, a server or a tab: the real responder, over whatever source it has. */
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

  /** Says to everybody who is connected, or will be, what it can answer for. */
  announce(root: RootStatus): void {
    this.#status = statusOf(CHAIN_ID, [root])
    for (const responder of this.#responders) responder.sendStatus(this.#status)
  }

  /** A connection that the machine behind `from` has made: its end of it. */
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
