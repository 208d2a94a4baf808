/** The trace in words: one sentence for each note. Loaded only where a trace is wanted. */
import type { TraceDetails, TraceNote, TraceNotes, TraceScope } from './trace.ts'

/** One decision of a client or a server, as plain data. */
export interface TraceEvent {
  /** Milliseconds since 1970. */
  readonly at: number
  /**
   * The part that decided: `sync` (requests, stalls, pauses), `peers` (dials, bans, departures), `reads` (what a read
   * asked for, and its sources), `store` (generations, compaction, damage), `tabs` (the writing tab of an origin), or
   * `serving` (answers to other peers).
   */
  readonly scope: TraceScope
  /** The kind of decision within its scope, such as `asked` or `stalled`. */
  readonly code: string
  /** One line for people. The words may change with any version. */
  readonly text: string
  /** The values in the text, in full: whole peer ids, addresses and roots. */
  readonly details: TraceDetails
}

type Texts = {
  readonly [Scope in TraceScope]: {
    readonly [Code in keyof TraceNotes[Scope]]: (details: TraceNotes[Scope][Code]) => string
  }
}

const TEXTS: Texts = {
  sync: {
    asked: ({ peer, kind, items, maxBytes, again }) =>
      `asks ${name(peer)} for ${count(items, kind.slice(0, -1))}, ${size(maxBytes)} at most${again ? ', because another peer is late' : ''}`,
    answered: ({ peer, bytes, elapsedMs, lie }) => {
      if (lie !== null) return `${name(peer)} lied: ${lie}`
      if (bytes === 0) return `${name(peer)} does not have the requested data`
      return `${name(peer)} answered with ${size(bytes)}${elapsedMs === null ? '' : ` after ${Math.round(elapsedMs)} ms`}`
    },
    timedOut: ({ peer, maxBytes }) => `${name(peer)} did not answer in time, asked for ${size(maxBytes)} at most`,
    refused: ({ peer }) => `${name(peer)} takes no request now, or has left: it rests`,
    stalled: ({ reason, peers, able }) =>
      `stalled (${reason}): ${count(peers, 'connected peer')}, of which ${able} may have the root`,
    paused: ({ reason }) => (reason === null ? 'paused: the machine is offline' : `paused (${reason})`),
    syncing: () => 'goes on: a request is open, or data is on its way to the disk',
    ended: ({ error }) => `ended early: ${error}`,
  },
  peers: {
    dialing: ({ address }) => `dials ${address}`,
    banned: ({ address, reason, waitMs }) => `does not dial ${address} for ${seconds(waitMs)}: banned (${reason})`,
    skipped: ({ address, reason }) =>
      reason === 'known'
        ? `does not dial ${address}: known already, or banned`
        : `does not dial ${address}: enough others`,
    connected: ({ address, peer }) => `connected to ${name(peer)} at ${address}`,
    status: ({ peer, roots }) => `${name(peer)} says: ${states(roots)}`,
    unreachable: (departure) => `could not connect to ${departure.address}: ${reasonOf(departure)}`,
    left: (departure) => `${name(departure.peer)} left, or was left: ${reasonOf(departure)}`,
    forgotten: ({ address }) => `forgets ${address}, found through other peers`,
  },
  reads: {
    asked: ({ peer, kind, items, maxBytes }) =>
      `asks ${name(peer)} for ${count(items, kind)}, ${size(maxBytes)} at most`,
    missed: ({ peer, reason }) => `got nothing from ${name(peer)}: ${reason}`,
    answered: ({ root, memory, disk, peers }) =>
      `answered under ${short(root)}: ${disk} parts from disk, ${memory} from memory, ${peers} from peers`,
    failed: ({ reason, wanted }) => `gave up (${reason}): ${wanted}`,
  },
  store: {
    began: ({ root, generation, whole }) =>
      `generation ${generation} holds ${short(root)}, ${whole ? 'the whole state' : 'a part of the state'}`,
    completed: ({ root, generation }) => `generation ${generation}, ${short(root)}, is complete`,
    compacting: ({ root, generation }) => `compacts ${short(root)} into generation ${generation}`,
    compacted: ({ root, generation }) => `compacted ${short(root)} into generation ${generation}`,
    compactionEnded: ({ error }) => `the compaction ended early: ${error}`,
    damaged: ({ kind }) => `found and dropped a damaged ${kind}`,
    closed: ({ reason }) => `the database was closed: ${reason}`,
    wiped: () => 'everything was deleted',
  },
  tabs: {
    writing: ({ session }) => `this tab writes now, in session ${session}`,
    deposed: ({ session }) => `this tab writes no more: session ${session} is over`,
    following: ({ writer, session }) => `follows the tab ${writer}, in session ${session}`,
    candidate: () => 'the writing tab is silent: this tab takes over at its next beat, unless a better tab speaks up',
    writerless: () => 'no tab writes, and the browser does not pass the lock on: waiting calls fail',
    asked: ({ method, writer }) => `asks the tab ${writer} for ${method}`,
    waiting: ({ method }) => `${method} waits: no writing tab is known`,
    answered: ({ method, root }) => `this tab answered ${method} from disk, under ${short(root)}`,
  },
  serving: {
    admitted: ({ peer, host }) => `admitted ${name(peer)} from ${host}`,
    answered: ({ peer, kind, items, found, bytes }) =>
      `answered ${name(peer)}: ${found} of ${count(items, `item`)} (${kind}), ${size(bytes)}`,
    refused: ({ peer, reason }) => `refused ${name(peer)}: ${reason}`,
    violated: ({ peer, reason }) => `disconnected ${name(peer)}, which broke the protocol: ${reason}`,
    left: ({ peer }) => `${name(peer)} left`,
    connected: ({ peer, from }) => `${name(peer)} connected from ${from}`,
    disconnected: ({ peer }) => `${name(peer)} disconnected`,
    reserved: ({ peer }) => `${name(peer)} can be reached over this relay`,
    denied: ({ from, reason }) => `denied ${from}: ${reason}`,
  },
}

/**
 * Returns a sink that gives each note, in words, to the application. An error of the application goes to the console,
 * and ends nothing.
 */
export function tellTo(onTrace: (event: TraceEvent) => void): (note: TraceNote) => void {
  return (note) => {
    const event = traceEventOf(note)
    try {
      onTrace(event)
    } catch (error) {
      console.error('`onTrace` threw', error)
    }
  }
}

/** Returns the event of a note. */
export function traceEventOf(note: TraceNote): TraceEvent {
  const { at, scope, code, details } = note
  const texts = TEXTS[scope] as unknown as Readonly<Record<string, (details: TraceDetails) => string>>
  return { at, scope, code, text: texts[code]!(details), details }
}

function reasonOf({ reason, message, banMs }: TraceNotes['peers']['unreachable']): string {
  const words = message === null ? reason : `${reason}, ${message}`
  return banMs > 0 ? `${words}; banned for ${seconds(banMs)}` : words
}

function states(roots: readonly string[]): string {
  if (roots.length === 0) return 'it has no state'
  const more = roots.length > 3 ? ', …' : ''
  return `it has ${count(roots.length, 'state')}: ${roots.slice(0, 3).map(short).join(', ')}${more}`
}

/** The end of a peer id: the beginning is the same for most. */
function name(peer: string): string {
  return peer.length > 8 ? `…${peer.slice(-8)}` : peer
}

function short(root: string): string {
  return `${root.slice(0, 10)}…`
}

function count(items: number, word: string): string {
  return `${items} ${word}${items === 1 ? '' : 's'}`
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`
}
