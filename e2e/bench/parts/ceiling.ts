/** Nothing but the transport: as many bytes as the state has. */
import { parsePeer } from '../../../src/network/address.ts'
import { createDialingNode } from '../../../src/network/libp2p/dialing-node.ts'
import type { BenchTask } from '../page-contract.ts'
import { RAW_PROTOCOL, receiveRaw } from '../raw-transfer.ts'
import type { Part } from './worker.ts'

export class Ceiling implements Part {
  #task!: BenchTask

  async open(task: BenchTask): Promise<void> {
    this.#task = task
  }

  async run(): Promise<number> {
    const start = performance.now()
    const address = parsePeer(this.#task.address)
    const node = await createDialingNode([address])
    const connection = await node.dial(address.multiaddr)
    const stream = await connection.newStream(RAW_PROTOCOL)
    const connectMs = performance.now() - start
    await receiveRaw(stream, this.#task.expected.bytes)
    await node.stop()
    return connectMs
  }

  async check(): Promise<void> {}
}
