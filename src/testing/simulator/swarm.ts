/**
 * A swarm: tabs starting to sync the same state at the same moment. The sources are a few servers and, with serving
 * tabs, the other tabs. The engine in each tab is real; time and the network are simulated. Computing takes no time
 * here.
 */

import { EVERYTHING } from '../../protocol/messages.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { type Random, seededRandom } from '../random.ts'
import type { Dialable } from './simulated-dialer.ts'
import type { SimulatedState } from './states.ts'
import { checkStored } from './stored-check.ts'
import { Host } from './swarm-host.ts'
import { Access } from './swarm-network.ts'
import { SwarmTab } from './swarm-tab.ts'
import { TrieSource } from './trie-source.ts'
import { settlePromises, VirtualClock } from './virtual-clock.ts'

export interface SwarmOptions {
  readonly tabs: number
  readonly servers: number
  /** True if tabs serve each other. */
  readonly serving: boolean
  readonly seed: number
  readonly state: SimulatedState
  readonly keccak: Keccak
}

/** The result of a swarm, determined by the options alone. */
export interface SwarmFigures {
  readonly tabs: number
  readonly servers: number
  readonly serving: boolean
  /** Virtual time until half of the tabs, and until all tabs, had everything on disk. */
  readonly medianMs: number
  readonly lastMs: number
  /** Bytes sent by all servers, and by all tabs, including requests and Status. */
  readonly serverBytes: number
  readonly tabBytes: number
  /** {@link serverBytes} as multiples of the state, and the same for one tab. */
  readonly serverStates: number
  readonly serverStatesPerTab: number
  /** Connections ended by one side before the end of the swarm. */
  readonly departures: number
}

/** The lines of the swarm: 100 Mbit/s for a server, 20 up and 100 down for a tab. */
export const NETWORK = {
  serverBytesPerMs: 12_500,
  tabUpBytesPerMs: 2_500,
  tabDownBytesPerMs: 12_500,
  minRoundTripMs: 20,
  maxRoundTripMs: 120,
  serversPerTab: 2,
  tabsPerTab: 6,
} as const

/** Time limit in virtual time: a swarm taking longer never ends. */
const MAX_VIRTUAL_MS = 60 * 60_000

type Streams = [Random, Random, Random]

/** Runs a swarm to the end. Rejects if a tab fails, or has stored anything but the state. */
export async function runSwarm(options: SwarmOptions): Promise<SwarmFigures> {
  const { state } = options
  const clock = new VirtualClock()
  // One stream each, so that swarms with and without serving tabs have the same lines to the servers.
  const [serverRandom, tabRandom, random] = [0, 1, 2].map((i) => seededRandom(3 * options.seed + i)) as Streams
  const servers = Array.from({ length: options.servers }, (_, i) => createServer(`server ${i}`, clock, state))
  const counts = { departures: 0 }
  const onDeparture = () => counts.departures++
  const tabs: SwarmTab[] = []
  for (let i = 0; i < options.tabs; i++) {
    tabs.push(await SwarmTab.open({ ...options, id: `tab ${i}`, access: tabAccess(clock), random, onDeparture }))
  }
  const hosts = tabs.map((tab) => tab.host)
  const neighbours = options.serving ? neighboursOf(tabRandom, hosts) : hosts.map(() => [])
  const completedMs: number[] = []
  const failures: unknown[] = []
  tabs.forEach((tab, i) => {
    const upstream = someOf(serverRandom, servers, NETWORK.serversPerTab).map((host) => lineTo(host, tab, serverRandom))
    const others = neighbours[i]!.map((host) => lineTo(host, tab, tabRandom))
    tab.sync(state, [...upstream, ...others]).then(
      () => completedMs.push(clock.now()),
      (error) => failures.push(error),
    )
    if (options.serving) tab.serve(state.root)
  })
  await settlePromises()
  while (completedMs.length < tabs.length) {
    if (failures.length > 0) throw failures[0]
    if (clock.now() > MAX_VIRTUAL_MS || !clock.fireNext())
      throw new Error(`${completedMs.length} of ${tabs.length} tabs come to an end`)
    await settlePromises()
  }
  for (const tab of tabs) await checkStored(tab.records, state)
  const serverBytes = sentBy(servers)
  return {
    tabs: options.tabs,
    servers: options.servers,
    serving: options.serving,
    medianMs: completedMs[completedMs.length >> 1]!,
    lastMs: completedMs.at(-1)!,
    serverBytes,
    tabBytes: sentBy(hosts),
    serverStates: serverBytes / state.bytes,
    serverStatesPerTab: serverBytes / state.bytes / options.tabs,
    departures: counts.departures,
  }
}

function createServer(id: string, clock: Clock, state: SimulatedState): Host {
  const { serverBytesPerMs } = NETWORK
  const access = new Access({ clock, upBytesPerMs: serverBytesPerMs, downBytesPerMs: serverBytesPerMs })
  const source = new TrieSource()
  source.learn(state)
  const server = new Host({ id, access, source })
  server.announce({ root: state.root, blockNumber: 0, coverage: EVERYTHING })
  return server
}

function tabAccess(clock: Clock): Access {
  return new Access({ clock, upBytesPerMs: NETWORK.tabUpBytesPerMs, downBytesPerMs: NETWORK.tabDownBytesPerMs })
}

/** Returns `host` as dialable from `tab`. */
function lineTo(host: Host, tab: SwarmTab, random: Random): Dialable {
  const { minRoundTripMs, maxRoundTripMs } = NETWORK
  const roundTripMs = minRoundTripMs + random() * (maxRoundTripMs - minRoundTripMs)
  const accept = () => ({ tab: host.accept(tab.host.access, roundTripMs) })
  return { id: host.id, plan: { roundTripMs }, isReachable: true, accept }
}

/** Returns the neighbours each host dials: random other hosts. The same number of hosts dials each host. */
function neighboursOf(random: Random, hosts: readonly Host[]): Host[][] {
  const others = Array.from({ length: hosts.length - 1 }, (_, i) => i + 1)
  const steps = someOf(random, others, NETWORK.tabsPerTab)
  // A ring in random order, with the same steps along the ring for each host.
  const ring = someOf(random, hosts, hosts.length)
  const placeOf = new Map(ring.map((host, place) => [host, place]))
  return hosts.map((host) => steps.map((step) => ring[(placeOf.get(host)! + step) % ring.length]!))
}

/** Returns at most `count` items of `list`, in random order. */
function someOf<T>(random: Random, list: readonly T[], count: number): T[] {
  const rest = [...list]
  const some: T[] = []
  while (some.length < count && rest.length > 0) some.push(...rest.splice(random.int(rest.length), 1))
  return some
}

function sentBy(hosts: readonly Host[]): number {
  return hosts.reduce((sum, { access }) => sum + access.bytesSent, 0)
}
