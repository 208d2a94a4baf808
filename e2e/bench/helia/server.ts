/**
 * Helia's server as a process of its own. Makes the state, holds its nodes and codes as blocks in memory, and provides
 * the blocks by bitswap. Tells the parent over IPC when the server is ready, and the served amounts on request. Ends
 * with its parent.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { MemoryBlockstore } from 'blockstore-core'
import type { CID } from 'multiformats/cid'
import { DEFAULT_LISTEN } from '../../../src/server/server.ts'
import { StateDirectory } from '../../../src/server/state-directory.ts'
import { createFastKeccak } from '../../../src/trie/fast-keccak.ts'
import { collectRecords } from '../record-set.ts'
import type { FromServer, ServerReady, ServerRequest, ToServer } from '../server-process.ts'
import { countSocketBytes } from '../socket-bytes.ts'
import { cidOf } from './content-id.ts'
import { startHelia } from './helia-node.ts'

/** Counts the requested blocks. */
class CountedBlockstore extends MemoryBlockstore {
  gets = 0

  override async *get(cid: CID): AsyncGenerator<Uint8Array> {
    this.gets++
    yield* super.get(cid)
  }
}

const { synthetic } = JSON.parse(process.argv[2]!) as ServerRequest
const tcp = countSocketBytes()
// Never the kept directory: a data directory belongs to one process, here the other server's.
const directory = await StateDirectory.open()
const [source] = await directory.sources([{ generate: synthetic }])
const records = await collectRecords(source!, synthetic, await createFastKeccak())
const blockstore = new CountedBlockstore()
for (const [hash, blob] of records.blobs) await blockstore.put(cidOf(hexToBytes(hash)), blob)
const { libp2p } = await startHelia({ blockstore, listen: [DEFAULT_LISTEN] })

process.on('message', (message) => answerParent(message as ToServer))
process.on('disconnect', () => void directory.close().then(() => process.exit()))
process.on('SIGINT', () => {}) // a terminal sends it to the whole group; the parent says when
tell({ kind: 'ready', ready: ready() })

function tell(message: FromServer): void {
  process.send!(message)
}

function answerParent({ kind }: ToServer): void {
  if (kind !== 'counters') throw new Error(`not to be asked for ${kind}`)
  const { user, system } = process.cpuUsage()
  tell({
    kind,
    counters: {
      requests: blockstore.gets,
      wireBytes: tcp.bytes(),
      cpuMs: (user + system) / 1000,
      rssBytes: process.memoryUsage.rss(),
    },
  })
}

function ready(): ServerReady {
  const { root, accounts, slots, nodes, codes, bytes } = source!.info
  return {
    address: String(libp2p.getMultiaddrs()[0]),
    webrtcAddress: null,
    root: `0x${root}`,
    accounts,
    slots,
    nodes,
    codes,
    bytes,
    records: records.blobs.size,
    recordsDigest: records.digest,
    samples: [],
  }
}
