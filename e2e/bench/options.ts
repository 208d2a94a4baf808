/** The command line of the benchmarks as data. */
import { parseArgs } from 'node:util'
import { BEST_WANTS } from './helia/settings.ts'
import type { HostileOptions } from './hostile/measure.ts'
import { CONTENDERS, type Contender, type StraightSettings } from './page-contract.ts'
import { BEST_SETTINGS, parseSettings } from './straight/settings.ts'

export const USAGE = `npm run bench -- [sync | restart | takeover | reads | transports | hostile | calls] [options]

sync, also where no command is named: how fast a state is synced, and what the page feels of it
  --accounts N,...  accounts of the generated states (20000)
  --slow-accounts N accounts of a smaller one for what takes minutes: straight, helia (20000)
  --runs N          measured runs of each contender, interleaved, behind one that warms up (3)
  --only WHICH,...  ours: Rootlight, its engine in a worker; window: in the window; ceiling: the bare transport of as many
                    bytes; verification and commits: each by itself; straight: a port of geth's design; helia: the nodes as
                    blocks over bitswap, which installs Helia the first time; left out: all, and restarts with
                    95 % of the largest state on disk, and reads of it
  --straight T,B,R,W  how the straight port runs: window or worker, puts a transaction, requests and transactions in flight
  --helia-wants N   how helia runs: blocks that it is asked for at a time (${BEST_WANTS})
  --profile DIR     write CPU profiles of window and worker there, and print where the worker's time goes (only ours,
                    unless --only says otherwise); the code is not minified then, and profiling slows it down

restart: from createLightClient to the first request, with 95 % of a state on disk, in a new browser on the same profile
  --accounts N,...  sizes (20000,200000,1000000: takes some five minutes)
  --runs N          restarts of each size (5)

takeover: from the end of the tab that writes to the first request of the one that takes its place
  --accounts N      accounts of the generated state (20000)
  --runs N          takeovers after a close, a kill and a freeze each (5)

reads: the first verified account on an empty database, 40 ms a round trip away; a scope; and reads of what is on disk
  --accounts N,...  sizes (200000)
  --runs N          first reads and scopes of each size (5)

transports: a sync from a server over WebSocket and over WebRTC, and from another tab over WebRTC, in turns; in a network
namespace of its own where it is root and has iproute2
  --accounts N      accounts of the generated state (20000)
  --runs N          measured runs of each, interleaved, behind one that warms up (3)

hostile: an honest client beside a hostile one, and what the server holds; none of the options for all
  --tab             a tab serves both, over WebRTC; in a network namespace of its own where it can be had
  --relay           a relay, and what tabs ask one for
  --accounts N      accounts of the generated state (5000; with --raw --tab 500)
  --seconds S       of each turn: alone, beside the attack, alone, ... (2)
  --turns N         of each attack (3)
  --only TEXT       attacks, or levels, whose name has it
  --raw             no attacks, but anything: random bytes at the levels of TCP, HTTP, WebSockets, noise, yamux and messages;
                    with --tab, servers say them to the clients of a page that dials them, for three minutes a level at most
  --inputs N        of --raw, at each level (10000)

calls: a multicall of 400 balances and 50 million gas, in the worker of rootlight/evm and by the EVM on the page's thread; which
of the page's timers fire meanwhile, and how soon a signal ends a call
  --runs N          (5)

all
  --seed S          seed of the generated state (1)
  --data DIR        keep generated states there, for the next time
  --save            write the figures to e2e/bench/results
`

interface CommonOptions {
  readonly seed: number
  readonly runs: number
  readonly data: string | undefined
  readonly save: boolean
}

export interface BenchOptions extends CommonOptions {
  /** Sizes of states. */
  readonly accounts: readonly number[]
  readonly slowAccounts: number
  /** True to measure restarts and reads as well. */
  readonly restart: boolean
  readonly contenders: readonly Contender[]
  readonly straight: StraightSettings
  readonly heliaWants: number
  readonly profile: string | undefined
}

/** Options of the benchmarks of tabs: `restart` and `takeover`. */
export interface TabOptions extends CommonOptions {
  /** Sizes of states. */
  readonly accounts: readonly number[]
}

export interface TransportOptions extends CommonOptions {
  readonly accounts: number
}

const COMMON = {
  accounts: { type: 'string' },
  seed: { type: 'string', default: '1' },
  runs: { type: 'string' },
  data: { type: 'string' },
  save: { type: 'boolean', default: false },
} as const

/** Reads the arguments of `sync`. Throws for nonsense. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...COMMON,
      only: { type: 'string' },
      straight: { type: 'string' },
      profile: { type: 'string' },
      'slow-accounts': { type: 'string', default: '20000' },
      'helia-wants': { type: 'string', default: String(BEST_WANTS) },
    },
  })
  return {
    ...commonOf(values, '3'),
    accounts: sizesOf(values.accounts ?? '20000'),
    slowAccounts: integerOf('slow-accounts', values['slow-accounts'], 1),
    restart: values.only === undefined && values.profile === undefined,
    contenders: contendersOf(values.only ?? (values.profile === undefined ? undefined : 'ours')),
    straight: values.straight === undefined ? BEST_SETTINGS : parseSettings(values.straight),
    heliaWants: integerOf('helia-wants', values['helia-wants'], 1),
    profile: values.profile,
  }
}

/** Reads the arguments of `restart` and `takeover`. `accounts` is the default size. Throws likewise. */
export function parseTabOptions(args: readonly string[], accounts: string): TabOptions {
  const { values } = parseArgs({ args: [...args], options: COMMON })
  return { ...commonOf(values, '5'), accounts: sizesOf(values.accounts ?? accounts) }
}

/** Reads the arguments of `transports`. Throws likewise. */
export function parseTransportOptions(args: readonly string[]): TransportOptions {
  const { values } = parseArgs({ args: [...args], options: COMMON })
  return { ...commonOf(values, '3'), accounts: integerOf('accounts', values.accounts ?? '20000', 1) }
}

/** Reads the arguments of `hostile`. Throws likewise. */
export function parseHostileOptions(args: readonly string[]): HostileOptions & {
  readonly tab: boolean
  readonly relay: boolean
  readonly raw: boolean
  readonly inputs: number
  readonly seed: number
} {
  const { values } = parseArgs({
    args: [...args],
    options: {
      accounts: { type: 'string' },
      seconds: { type: 'string', default: '2' },
      turns: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      tab: { type: 'boolean', default: false },
      relay: { type: 'boolean', default: false },
      raw: { type: 'boolean', default: false },
      inputs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
    },
  })
  return {
    accounts: integerOf('accounts', values.accounts ?? (values.raw && values.tab ? '500' : '5000'), 1),
    ms: 1000 * integerOf('seconds', values.seconds, 1),
    turns: integerOf('turns', values.turns, 1),
    only: values.only,
    tab: values.tab,
    relay: values.relay,
    raw: values.raw,
    inputs: integerOf('inputs', values.inputs, 1),
    seed: integerOf('seed', values.seed, 0),
  }
}

interface CommonValues {
  readonly seed: string
  readonly runs?: string | undefined
  readonly data?: string | undefined
  readonly save: boolean
}

function commonOf({ seed, runs, data, save }: CommonValues, defaultRuns: string): CommonOptions {
  return { seed: integerOf('seed', seed, 0), runs: integerOf('runs', runs ?? defaultRuns, 1), data, save }
}

function sizesOf(text: string): number[] {
  return text.split(',').map((size) => integerOf('accounts', size, 1))
}

function contendersOf(only: string | undefined): readonly Contender[] {
  if (only === undefined) return CONTENDERS
  return only.split(',').map((name) => {
    const contender = CONTENDERS.find((each) => each === name)
    if (contender === undefined) throw new Error(`--only takes ${CONTENDERS.join()}, got ${name}`)
    return contender
  })
}

function integerOf(option: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${option} is a whole number from ${least}, got ${text}`)
}
