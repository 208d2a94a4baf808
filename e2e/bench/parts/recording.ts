/**
 * The state as received from the server, kept in memory. The parts of a sync are measured on this recording, one at a
 * time.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { parsePeer } from '../../../src/network/address.ts'
import { createDialingNode } from '../../../src/network/libp2p/dialing-node.ts'
import { StreamWire } from '../../../src/network/libp2p/stream-wire.ts'
import { PROTOCOL_ID } from '../../../src/protocol/constants.ts'
import { statusOf } from '../../../src/protocol/messages.ts'
import { Requester } from '../../../src/protocol/requester.ts'
import { deliveryOf } from '../../../src/sync/delivery.ts'
import type { Contents, Page } from '../../../src/sync/disk.ts'
import { Scheduler } from '../../../src/sync/scheduler.ts'
import type { Keccak } from '../../../src/trie/keccak.ts'
import { scanAccount } from '../../../src/trie/leaf.ts'
import type { Path } from '../../../src/trie/path.ts'
import { Scope } from '../../../src/trie/scope.ts'
import type { BenchTask } from '../page-contract.ts'

/** A run, and the ref of its first node. */
interface RecordedRun {
  readonly path: Path
  readonly hash: Uint8Array
  readonly run: Uint8Array
}

export interface Recording {
  readonly root: Uint8Array
  /** In the order of arrival: each run needs the earlier ones. */
  readonly runs: readonly RecordedRun[]
  readonly pages: readonly Page[]
}

const REQUEST_BYTES = 512 * 1024
const MAX_REFS = 512

const EMPTY_DISK: Contents = {
  complete: false,
  stretches: [],
  loose: [],
  codes: new Set(),
  wanted: [],
  counts: { nodes: 0, bytes: 0, accounts: 0, slots: 0 },
  codeCounts: { count: 0, bytes: 0 },
  base: null,
  scope: Scope.ALL,
  baseScope: Scope.ALL,
  hasOlder: false,
}

/** Returns a scheduler at the beginning of a sync. */
export function emptyScheduler(root: Uint8Array, keccak: Keccak): Scheduler {
  return new Scheduler({ root, keccak, leaf: scanAccount, contents: EMPTY_DISK })
}

/** Records all nodes, without the codes. */
export async function record(task: BenchTask, keccak: Keccak): Promise<Recording> {
  const address = parsePeer(task.address)
  const node = await createDialingNode([address])
  const connection = await node.dial(address.multiaddr)
  const requester = new Requester({
    wire: new StreamWire(await connection.newStream(PROTOCOL_ID)),
    status: statusOf(0),
  })
  await requester.start()
  const root = hexToBytes(task.root.slice(2))
  const scheduler = emptyScheduler(root, keccak)
  const runs: RecordedRun[] = []
  const pages: Page[] = []
  while (scheduler.gaps.size > 0) {
    const gaps = scheduler.missing(REQUEST_BYTES, MAX_REFS)
    const answers = await requester.getNodes(root, gaps, REQUEST_BYTES)
    answers.forEach((run, i) => {
      const { path, hash } = gaps[i]!
      // Copies: a view would keep its whole frame in memory.
      runs.push({ path, hash: hash.slice(), run: run.slice() })
      scheduler.process(deliveryOf(gaps[i]!, run))
    })
    scheduler.release(gaps)
    pages.push(...scheduler.commit())
  }
  await node.stop()
  return { root, runs, pages }
}
