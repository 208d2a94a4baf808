/** The page measuring Helia, in the window. A worker is no faster. */
import { multiaddr } from '@multiformats/multiaddr'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Helia } from 'helia'
import { keccak256 } from '../../../src/trie/keccak.ts'
import { watchIdle, watchMainThread } from '../main-thread.ts'
import type { BenchPage, BenchTask, PageResult } from '../page-contract.ts'
import { BatchedBlockstore } from './batched-blockstore.ts'
import { cidOf } from './content-id.ts'
import { startHelia } from './helia-node.ts'
import { walkState } from './walk.ts'

class HeliaPage implements BenchPage {
  #task!: BenchTask
  #blockstore!: BatchedBlockstore

  async open(task: BenchTask): Promise<void> {
    this.#task = task
    this.#blockstore = new BatchedBlockstore('helia')
    await this.#blockstore.open()
  }

  async run(): Promise<PageResult> {
    const { value, report } = await watchMainThread(() => this.#sync())
    const { nodes, codes } = this.#task.expected
    // A node shared by two tries is one block, and counts once for each of its places.
    return { ...value, nodes, codes, mainThread: report }
  }

  async #sync(): Promise<{ readonly ms: number; readonly connectMs: number }> {
    const { address, root, heliaWants } = this.#task
    const start = performance.now()
    const helia = await startHelia({ blockstore: this.#blockstore })
    await helia.libp2p.dial(multiaddr(address))
    const connectMs = performance.now() - start
    await walkState(root.slice(2), heliaWants, (hash) => blockOf(helia, hash))
    await this.#blockstore.flush()
    const ms = performance.now() - start
    await helia.stop()
    return { ms, connectMs }
  }

  idle = watchIdle

  async check(): Promise<void> {
    const hashes: string[] = []
    for await (const { cid, bytes } of this.#blockstore.getAll()) {
      const hash = bytesToHex(cid.multihash.digest)
      for await (const blob of bytes) if (bytesToHex(keccak256(blob)) !== hash) throw new Error(`damaged: ${hash}`)
      hashes.push(hash)
    }
    const { records, recordsDigest } = this.#task.expected
    if (hashes.length !== records) throw new Error(`records: got ${hashes.length}, expected ${records}`)
    const digest = bytesToHex(keccak256(hexToBytes(hashes.sort().join(''))))
    if (digest !== recordsDigest) throw new Error('the records are not those of the state')
  }
}

/** Returns a block from the blockstore. Helia fetches a missing block from the connected peers and stores the block. */
async function blockOf({ blockstore }: Helia, hash: string): Promise<Uint8Array> {
  for await (const blob of blockstore.get(cidOf(hexToBytes(hash)))) return blob
  throw new Error(`nothing there: ${hash}`)
}

globalThis.bench = new HeliaPage()
