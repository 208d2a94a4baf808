/** Parses the command line of `rootlight` to data. Has no effect of its own. */
import { parseArgs } from 'node:util'
import { DEFAULT_RELAY_LIMITS, type RelayLimits } from '../network/finding/relay.ts'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '../network/guards/connection-limits.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from '../protocol/serving-limits.ts'
import { isRootlightError } from '../runtime/error.ts'
import { ServerError } from './error.ts'
import type { WantedState } from './import-options.ts'
import { DEFAULT_LISTEN } from './options.ts'

export type Command =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'serve'
      readonly states: readonly WantedState[]
      /** Headers in hex, or names of files. */
      readonly headers: readonly string[]
      readonly data: string | undefined
      readonly listen: readonly string[]
      readonly throttleBytesPerSecond: number | undefined
      readonly limits: Partial<ServingLimits>
      readonly connectionLimits: Partial<ConnectionLimits>
      /** The limits of the relay, if the server is a relay as well. */
      readonly relay: RelayLimits | undefined
      readonly json: boolean
    }
  /** A relay and nothing else. */
  | {
      readonly kind: 'relay'
      readonly relay: RelayLimits
      readonly data: string | undefined
      readonly listen: readonly string[]
      readonly json: boolean
    }
  /** `import` and `generate`: store a state in a data directory, or store a damaged one again. */
  | { readonly kind: 'store'; readonly state: WantedState; readonly data: string; readonly json: boolean }
  | { readonly kind: 'verify'; readonly data: string; readonly json: boolean }

export const USAGE = `Usage:
  rootlight serve --genesis NAME|FILE [--genesis ...] [options]   serve genesis states
  rootlight serve --generate N [--seed S] [options]               serve a synthetic state of N accounts
  rootlight serve --data DIR [options]                            serve what a data directory holds
  rootlight relay [options]                                       help tabs to connect to each other; serves no state
  rootlight import --genesis NAME|FILE --data DIR [--root 0x...]  bring a genesis state into a data directory
  rootlight generate --accounts N [--seed S] --data DIR           bring a synthetic state into a data directory
  rootlight verify --data DIR                                     read all that a data directory holds, and check it

import and generate verify a state that is there already, and bring it in again where it is damaged.
NAME is mainnet, sepolia, holesky or hoodi. FILE is a genesis.json as geth reads it.
With DEBUG=rootlight in the environment, serve and relay write each decision to standard error.

Options:
  --listen MULTIADDR   where to listen, may be repeated (default ${DEFAULT_LISTEN});
                       /ip4/ADDRESS/udp/PORT/webrtc-direct takes the package @libp2p/webrtc
  --data DIR           keep states and the server's identity there (default: a temporary directory)
  --root 0x...         the state root that must come out
  --header HEX|FILE    (serve) a further block header (RLP, in hex) that it answers for, may be repeated
  --throttle BYTES     serve at most so many bytes a second
  --max-connections N  connections at a time (default ${DEFAULT_CONNECTION_LIMITS.connections})
  --max-per-host N     those of one address (default ${DEFAULT_CONNECTION_LIMITS.connectionsPerHost}); behind a proxy all have one
  --peer-requests N    requests a second of one peer (default ${DEFAULT_SERVING_LIMITS.requests.perSecond})
  --peer-bytes BYTES   bytes a second from and to one peer (default ${DEFAULT_SERVING_LIMITS.bytes.perSecond})
  --max-memory BYTES   what is held for all peers (default ${DEFAULT_SERVING_LIMITS.heldBytes})
  --relay              (serve) be a relay, too
  --relay-reservations N, --relay-ttl SECONDS
                       tabs at a time that can be reached over the relay, and for how long without renewal
                       (default ${DEFAULT_RELAY_LIMITS.reservations}, ${DEFAULT_RELAY_LIMITS.reservationSeconds})
  --relay-bytes BYTES, --relay-seconds SECONDS
                       what one relayed connection may carry, and for how long it may stand
                       (default ${DEFAULT_RELAY_LIMITS.connectionBytes}, ${DEFAULT_RELAY_LIMITS.connectionSeconds})
  --json               print one line of JSON when ready
  --help, --version
`

const OPTIONS = {
  genesis: { type: 'string', multiple: true },
  generate: { type: 'string' },
  accounts: { type: 'string' },
  seed: { type: 'string' },
  data: { type: 'string' },
  root: { type: 'string' },
  header: { type: 'string', multiple: true },
  listen: { type: 'string', multiple: true },
  throttle: { type: 'string' },
  'max-connections': { type: 'string' },
  'max-per-host': { type: 'string' },
  'peer-requests': { type: 'string' },
  'peer-bytes': { type: 'string' },
  'max-memory': { type: 'string' },
  relay: { type: 'boolean' },
  'relay-reservations': { type: 'string' },
  'relay-ttl': { type: 'string' },
  'relay-bytes': { type: 'string' },
  'relay-seconds': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

type Values = ReturnType<typeof parse>['values']
type Option = keyof typeof OPTIONS

/** The options limiting the cost of strangers. */
const LIMIT_OPTIONS = ['max-connections', 'max-per-host', 'peer-requests', 'peer-bytes', 'max-memory'] as const
/** The options of a relay, by the limit set. */
const RELAY_OPTIONS = {
  reservations: 'relay-reservations',
  reservationSeconds: 'relay-ttl',
  connectionBytes: 'relay-bytes',
  connectionSeconds: 'relay-seconds',
} as const satisfies Record<keyof RelayLimits, Option>

/** Reads the arguments behind `rootlight`. Throws `ServerError` `usage`. */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  const [name, ...rest] = positionals
  if (values.help) return { kind: 'help' }
  if (values.version) return { kind: 'version' }
  if (rest.length > 0) throw usage(`unexpected ${rest[0]}`)
  if (name === 'serve') return serveCommand(values)
  if (name === 'relay') return relayCommand(values)
  if (name === 'import') return importCommand(values)
  if (name === 'generate') return generateCommand(values)
  if (name === 'verify') return verifyCommand(values)
  throw usage(name === undefined ? 'no command' : `no command ${name}`)
}

function serveCommand(values: Values): Command {
  const relayOptions = values.relay ? Object.values(RELAY_OPTIONS) : []
  const own = ['genesis', 'generate', 'seed', 'data', 'listen', 'throttle', 'root', 'header', 'json', 'relay'] as const
  allow(values, ...own, ...LIMIT_OPTIONS, ...relayOptions)
  const { genesis = [], header: headers = [], data, listen = [DEFAULT_LISTEN], json = false } = values
  const states: WantedState[] = genesis.map((name) => ({ genesis: name, ...rootOf(values) }))
  if (values.root !== undefined && genesis.length !== 1) throw usage('--root goes with one --genesis')
  if (values.generate !== undefined) states.push(generated('generate', values))
  else if (values.seed !== undefined) throw usage('--seed goes with --generate')
  if (states.length === 0 && data === undefined) throw usage('serve needs --genesis, --generate or --data')
  const throttleBytesPerSecond = values.throttle === undefined ? undefined : integerOf('throttle', values.throttle, 1)
  const relay = values.relay ? relayLimits(values) : undefined
  return { kind: 'serve', states, headers, data, listen, throttleBytesPerSecond, relay, json, ...limitsOf(values) }
}

function limitsOf(values: Values): Pick<Command & { kind: 'serve' }, 'limits' | 'connectionLimits'> {
  const [connections, connectionsPerHost, requests, bytes, heldBytes] = LIMIT_OPTIONS.map((option) => {
    const text = values[option]
    return text === undefined ? undefined : integerOf(option, text, 1)
  })
  return {
    limits: {
      ...(requests === undefined ? {} : { requests: { perSecond: requests, burst: requests } }),
      ...(bytes === undefined ? {} : { bytes: { perSecond: bytes, burst: bytes } }),
      ...(heldBytes === undefined ? {} : { heldBytes }),
    },
    connectionLimits: {
      ...(connections === undefined ? {} : { connections }),
      ...(connectionsPerHost === undefined ? {} : { connectionsPerHost }),
    },
  }
}

function relayCommand(values: Values): Command {
  allow(values, 'data', 'listen', 'json', ...Object.values(RELAY_OPTIONS))
  const { data, listen = [DEFAULT_LISTEN], json = false } = values
  return { kind: 'relay', relay: relayLimits(values), data, listen, json }
}

function relayLimits(values: Values): RelayLimits {
  const limits = { ...DEFAULT_RELAY_LIMITS }
  for (const [limit, option] of Object.entries(RELAY_OPTIONS) as [keyof RelayLimits, Option & keyof Values][]) {
    const text = values[option]
    if (typeof text === 'string') limits[limit] = integerOf(option, text, 1)
  }
  return limits
}

function importCommand(values: Values): Command {
  allow(values, 'genesis', 'data', 'root', 'json')
  const { genesis = [], data, json = false } = values
  if (genesis.length !== 1) throw usage('import needs one --genesis')
  if (data === undefined) throw usage('import needs --data')
  return { kind: 'store', state: { genesis: genesis[0]!, ...rootOf(values) }, data, json }
}

function generateCommand(values: Values): Command {
  allow(values, 'accounts', 'seed', 'data', 'json')
  const { data, json = false } = values
  if (values.accounts === undefined) throw usage('generate needs --accounts')
  if (data === undefined) throw usage('generate needs --data')
  return { kind: 'store', state: generated('accounts', values), data, json }
}

function verifyCommand(values: Values): Command {
  allow(values, 'data', 'json')
  const { data, json = false } = values
  if (data === undefined) throw usage('verify needs --data')
  return { kind: 'verify', data, json }
}

function generated(option: 'generate' | 'accounts', values: Values): WantedState {
  const accounts = integerOf(option, values[option]!, 1)
  return { generate: { accounts, seed: integerOf('seed', values.seed ?? '1', 0) } }
}

function rootOf({ root }: Values): { root?: string } {
  if (root === undefined) return {}
  const digits = /^(?:0x)?([0-9a-f]{64})$/i.exec(root)?.[1]
  if (digits === undefined) throw usage(`--root is 0x and 64 hex digits, got ${root}`)
  return { root: digits.toLowerCase() }
}

function integerOf(option: Option, text: string, least: number): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value < 2 ** 32) return value
  throw usage(`--${option} is a whole number from ${least} to ${2 ** 32 - 1}, got ${text}`)
}

function allow(values: Values, ...allowed: Option[]): void {
  const other = Object.keys(values).find((option) => !allowed.includes(option as Option))
  if (other !== undefined) throw usage(`--${other} makes no sense here`)
}

function parse(args: readonly string[]) {
  try {
    const { tokens, ...parsed } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, tokens: true })
    const seen = new Set<string>()
    for (const token of tokens) if (token.kind === 'option') checkOption(token.name as Option, token.value, seen)
    return parsed
  } catch (cause) {
    throw isRootlightError(cause) ? cause : usage((cause as Error).message.split('. ')[0]!, cause)
  }
}

/**
 * Refuses a repeated option, because the last one would win silently. Refuses an empty one, most often an unset
 * variable of a script.
 */
function checkOption(name: Option, value: string | undefined, seen: Set<string>): void {
  if (value?.trim() === '') throw usage(`--${name} is empty`)
  if (seen.has(name) && !('multiple' in OPTIONS[name])) throw usage(`--${name} is there twice`)
  seen.add(name)
}

function usage(message: string, cause?: unknown): ServerError {
  return new ServerError('usage', `${message} (rootlight --help)`, { cause })
}
