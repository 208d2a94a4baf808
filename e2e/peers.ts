/**
 * Peers of the tests: real servers in this process, each with a log of what it served. Those with a vice are an honest
 * source behind a wrapper that has it; the server around it knows nothing of that.
 */
import { createServer } from 'node:net'
import { createListeningNode } from '../src/network/libp2p/listening-node.ts'
import { DEFAULT_LISTEN, type LevelSource, multiSource, type RunningServer, startServer } from '../src/server/index.ts'
import type { NodeSource } from '../src/trie/node-source.ts'
import { rlpItemEnd } from '../src/trie/rlp.ts'
import { ServedLog } from './served-log.ts'

/** A peer that can be dialed at `address`. */
export interface TestPeer {
  readonly address: string
  readonly served: ServedLog
  /** Requests that it was sent so far. */
  requests(): number
  /** Hangs up and listens no more. May be called twice. */
  stop(): Promise<void>
}

/** Makes something of an honest source, which is a plain object. `quit` stops the peer. */
export type Vice = (source: NodeSource, quit: () => void) => NodeSource

export interface PeerOptions {
  readonly throttleBytesPerSecond?: number
  readonly vice?: Vice
}

/** Starts a peer that serves `states`, of any chain. */
export async function startPeer(states: readonly LevelSource[], options: PeerOptions = {}): Promise<TestPeer> {
  const { throttleBytesPerSecond, vice = (source) => source } = options
  const served = new ServedLog()
  let server: RunningServer | undefined
  const source = vice(multiSource(states), () => void server?.close())
  server = await startServer({
    sources: states.map(({ root }) => ({ root, source })),
    ...(throttleBytesPerSecond === undefined ? {} : { throttleBytesPerSecond }),
    onServed: (answer) => served.add(answer),
  })
  return {
    address: server.multiaddrs[0]!,
    served,
    requests: () => server.stats().requests,
    stop: () => server.close(),
  }
}

/** A libp2p node that speaks no protocol of ours. */
export async function startStranger(): Promise<TestPeer> {
  const node = await createListeningNode({ listen: [DEFAULT_LISTEN] })
  const stop = async () => node.stop()
  return { address: node.getMultiaddrs()[0]!.toString(), served: new ServedLog(), requests: () => 0, stop }
}

/** Listens where a peer was and counts who knocks. */
export async function startDoorbell(address: string): Promise<{ knocks(): number; stop(): Promise<void> }> {
  let knocks = 0
  const server = createServer((socket) => {
    knocks++
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(/\/tcp\/(\d+)/.exec(address)?.[1]), '127.0.0.1', resolve)
  })
  return { knocks: () => knocks, stop: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** Flips one bit of one node, once, in the first run that is long enough; all else is true. */
export function corrupt(): Vice & { readonly lies: () => number } {
  let lies = 0
  const vice: Vice = (source) => ({
    ...source,
    async run(root, ref, maxNodes, maxBytes) {
      const run = await source.run(root, ref, maxNodes, maxBytes)
      const at = lies > 0 ? undefined : bitToFlip(run)
      if (at === undefined) return run
      lies++
      const lie = run.slice()
      lie[at]! ^= 1
      return lie
    },
  })
  return Object.assign(vice, { lies: () => lies })
}

/** Answers everything with nothing, and says that it has it all. */
export const empty: Vice = (source) => ({
  ...source,
  run: async () => NOTHING,
  path: async () => NOTHING,
  code: async () => undefined,
})

/** Never answers, and counts what it was asked for. */
export function silent(): Vice & { readonly asked: () => number } {
  let asked = 0
  const owe = () => {
    asked++
    return never()
  }
  const vice: Vice = (source) => ({ ...source, run: owe, path: owe, code: owe })
  return Object.assign(vice, { asked: () => asked })
}

/** Answers so many runs, then leaves, one answer owing. */
export function quitting(afterRuns: number): Vice {
  return (source, quit) => {
    let runs = 0
    return {
      ...source,
      run(root, ref, maxNodes, maxBytes) {
        if (runs++ < afterRuns) return source.run(root, ref, maxNodes, maxBytes)
        quit()
        return never()
      },
    }
  }
}

/** Answers runs while it is open; what is asked while it is shut is answered when it opens again. */
export function gated(): Vice & { shut(): void; open(): void } {
  let opened: Promise<void> = Promise.resolve()
  let open = () => {}
  const vice: Vice = (source) => ({
    ...source,
    async run(root, ref, maxNodes, maxBytes) {
      await opened
      return source.run(root, ref, maxNodes, maxBytes)
    },
  })
  const shut = () => {
    opened = new Promise((resolve) => {
      open = resolve
    })
  }
  return Object.assign(vice, { shut, open: () => open() })
}

const NOTHING = new Uint8Array()
/** An account's leaf holds two hashes. */
const ACCOUNT_LEAF_BYTES = 70
/** What a branch ends with: the value that it does not have. */
const BRANCH_END = 0x80

/**
 * The last byte of the first account's leaf in the second half of a run: much that is true stands ahead of it, and it
 * belongs to a code hash, so that nothing but the node's own hash can tell.
 */
function bitToFlip(run: Uint8Array): number | undefined {
  for (let at = 0, end = 0; at < run.length; at = end) {
    end = rlpItemEnd(run, at, run.length)
    if (at > run.length / 2 && end - at > ACCOUNT_LEAF_BYTES && run[end - 1] !== BRANCH_END) return end - 1
  }
  return undefined
}

function never(): Promise<never> {
  return new Promise(() => {})
}
