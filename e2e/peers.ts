/**
 * Peers of the tests: real servers in this process, each with a log of the served nodes. A peer with a vice is an
 * honest source behind a wrapper with the vice. The server around the wrapper knows nothing of the vice.
 */
import { createServer } from 'node:net'
import { createListeningNode } from '../src/network/libp2p/listening-node.ts'
import { DEFAULT_LISTEN, type LevelSource, multiSource, type RunningServer, startServer } from '../src/server/index.ts'
import type { NodeSource } from '../src/trie/node-source.ts'
import { rlpItemEnd } from '../src/trie/rlp.ts'
import { ServedLog } from './served-log.ts'

/** A peer to dial at `address`. */
export interface TestPeer {
  readonly address: string
  readonly served: ServedLog
  /** The number of received requests so far. */
  requests(): number
  /** Hangs up and stops listening. May be called twice. */
  stop(): Promise<void>
}

/** Wraps an honest source, a plain object. `quit` stops the peer. */
export type Vice = (source: NodeSource, quit: () => void) => NodeSource

export interface PeerOptions {
  readonly throttleBytesPerSecond?: number
  readonly vice?: Vice
}

/** Starts a peer serving `states`, of any chain. */
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

/** Starts a libp2p node without our protocol. */
export async function startStranger(): Promise<TestPeer> {
  const node = await createListeningNode({ listen: [DEFAULT_LISTEN] })
  const stop = async () => node.stop()
  return { address: node.getMultiaddrs()[0]!.toString(), served: new ServedLog(), requests: () => 0, stop }
}

/** Listens at a former address of a peer and counts connections. */
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

/** Flips one bit of one node, once, in the first run of enough length. All other answers are true. */
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

/** Answers every request with nothing, and claims to have everything. */
export const empty: Vice = (source) => ({
  ...source,
  run: async () => NOTHING,
  path: async () => NOTHING,
  code: async () => undefined,
})

/** Never answers, and counts the requests. */
export function silent(): Vice & { readonly asked: () => number } {
  let asked = 0
  const owe = () => {
    asked++
    return never()
  }
  const vice: Vice = (source) => ({ ...source, run: owe, path: owe, code: owe })
  return Object.assign(vice, { asked: () => asked })
}

/** Answers `afterRuns` runs, then leaves with one open request. */
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

/** Answers runs while open. Requests made while shut are answered after the next opening. */
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
/** The end of a branch: its empty value. */
const BRANCH_END = 0x80

/**
 * Returns the last byte of the first account's leaf in the second half of a run. Many true nodes stand ahead of the
 * leaf. The byte belongs to a code hash, so only the node's own hash can tell.
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
