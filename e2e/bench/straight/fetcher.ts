/** Asks the server for nodes by hash, with a stream for each request, and decodes the reply. */
import { RLP } from '@ethereumjs/rlp'
import type { Connection, Libp2p } from '@libp2p/interface'
import { hexToBytes } from '@noble/hashes/utils.js'
import { parsePeer } from '../../../src/network/address.ts'
import { createDialingNode } from '../../../src/network/libp2p/dialing-node.ts'
import { framed, NODE_DATA_PROTOCOL } from '../node-data.ts'

export class NodeDataFetcher {
  readonly #node: Libp2p
  readonly #connection: Connection

  private constructor(node: Libp2p, connection: Connection) {
    this.#node = node
    this.#connection = connection
  }

  static async dial(text: string): Promise<NodeDataFetcher> {
    const address = parsePeer(text)
    const node = await createDialingNode([address])
    return new NodeDataFetcher(node, await node.dial(address.multiaddr))
  }

  /**
   * Returns the blobs in the order of `hashes`, each a buffer of its own: a view would take the whole reply along to
   * the disk.
   */
  async fetch(hashes: readonly string[]): Promise<Uint8Array[]> {
    const stream = await this.#connection.newStream(NODE_DATA_PROTOCOL)
    const wire = framed(stream)
    await wire.write(RLP.encode(hashes.map((hash) => hexToBytes(hash))))
    const reply = (await wire.read()).subarray()
    await stream.close()
    return (RLP.decode(reply) as Uint8Array[]).map((blob) => blob.slice())
  }

  async close(): Promise<void> {
    await this.#node.stop()
  }
}
