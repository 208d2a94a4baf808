/** Runs a command line of `rootlight`. Streams and signal come in as arguments. */
import { readFile } from 'node:fs/promises'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { parseListen } from '../network/address.ts'
import type { RelayLimits } from '../network/finding/relay.ts'
import { MAX_STATUS_ROOTS } from '../protocol/constants.ts'
import { isRootlightError } from '../runtime/error.ts'
import { keccak256 } from '../trie/keccak.ts'
import { type Command, parseCommand, USAGE } from './cli.ts'
import { debugLines } from './debug.ts'
import { ServerError } from './error.ts'
import { holdIdentity } from './identity.ts'
import type { EnsureOptions, ImportProgress, OpenOptions } from './import-options.ts'
import type { RelayOptions, VerifyOptions } from './options.ts'
import { isPlatformError } from './platform-error.ts'
import { ProgressBar, type Terminal } from './progress-bar.ts'
import { readHeader } from './read-header.ts'
import { type RunningRelay, startRelay } from './relay.ts'
import { type RunningServer, startServer } from './server.ts'
import { StateDirectory } from './state-directory.ts'
import type { StateInfo } from './state-info.ts'

/** The output streams and the signal of a command. */
export interface CommandContext {
  readonly stdout: Terminal
  readonly stderr: Terminal
  /** Aborted when the process is told to end. */
  readonly signal: AbortSignal
  /** The environment variable `DEBUG`: a serving command then traces its decisions; see `debug.ts`. */
  readonly debug?: string
}

/**
 * Runs one command to its end, and returns the exit code: 0, 1 for a failure, 2 for an invalid command line. Returns
 * `stopped` if the signal came before the command was done. A signal to a running server is a success.
 */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<number | 'stopped'> {
  const bar = new ProgressBar(context.stderr)
  const running: Running = { isReady: false }
  const onAbort = () => {
    bar.clear()
    if (!running.isReady) context.stderr.write('rootlight: told to end before it was done; what was begun is dropped\n')
  }
  context.signal.addEventListener('abort', onAbort, { once: true })
  try {
    await run(parseCommand(args), context, bar, running)
    return context.signal.aborted && !running.isReady ? 'stopped' : 0
  } catch (error) {
    bar.clear()
    if (context.signal.aborted && !running.isReady) return 'stopped'
    context.stderr.write(`rootlight: ${textOf(error)}\n`)
    return isRootlightError(error, 'usage') ? 2 : 1
  } finally {
    context.signal.removeEventListener('abort', onAbort)
  }
}

/** The state of a running command. */
interface Running {
  /** True once the command's work is done; a server may still be serving. */
  isReady: boolean
}

/**
 * Returns one line for a mistake of the operator or a failure of the platform. Any other error is our bug and keeps its
 * stack.
 */
function textOf(error: unknown): string {
  const isKnown = isRootlightError(error) || isPlatformError(error)
  return isKnown ? error.message.replace(/\p{Cc}+/gu, ' ') : String((error as Error)?.stack ?? error)
}

async function run(command: Command, context: CommandContext, bar: ProgressBar, running: Running): Promise<void> {
  switch (command.kind) {
    case 'help':
      running.isReady = true
      context.stdout.write(USAGE)
      return
    case 'version':
      context.stdout.write(`${await version()}\n`)
      return
    case 'store':
      return store(command, context, bar)
    case 'verify':
      return verify(command, context, bar)
    case 'serve':
      return serveStates(command, context, bar, running)
    case 'relay':
      return relayForTabs(command, context, running)
    default:
      command satisfies never
  }
}

async function store(command: Command & { kind: 'store' }, context: CommandContext, bar: ProgressBar): Promise<void> {
  const directory = await StateDirectory.open(command.data, { ...openOptions(context, bar), repair: true })
  try {
    const info = await directory.ensure(command.state, { ...ensureOptions(context, bar), verify: true })
    bar.clear()
    context.stdout.write(command.json ? `${JSON.stringify(summaryOf(info))}\n` : `${summaryText(info)}\n`)
  } finally {
    await directory.close()
  }
}

async function verify(command: Command & { kind: 'verify' }, context: CommandContext, bar: ProgressBar): Promise<void> {
  const directory = await StateDirectory.open(command.data, { ...openOptions(context, bar), mustExist: true })
  try {
    const { whole, damaged } = await directory.verify(verifyOptions(context, bar))
    bar.clear()
    const json = { whole: damaged === 0, states: whole.map(summaryOf), damaged }
    const lines = whole.map((info) => `whole: ${summaryText(info)}\n`)
    context.stdout.write(command.json ? `${JSON.stringify(json)}\n` : lines.join(''))
    if (damaged > 0) {
      const message = `${damaged} of ${damaged + whole.length} states in ${command.data} are damaged: import or generate them again`
      throw new ServerError('damagedState', message, { details: { damaged } })
    }
  } finally {
    await directory.close()
  }
}

async function serveStates(
  command: Command & { kind: 'serve' },
  context: CommandContext,
  bar: ProgressBar,
  running: Running,
): Promise<void> {
  const { states, data, listen, throttleBytesPerSecond, limits, connectionLimits, relay, json } = command
  for (const address of listen) parseListen(address) // before an import, which may take long
  const headers = await Promise.all(command.headers.map(readHeader))
  const mustExist = states.length === 0
  const directory = await StateDirectory.open(data, { ...openOptions(context, bar), mustExist, repair: !mustExist })
  try {
    const sources = await directory.sources(states, ensureOptions(context, bar))
    bar.clear()
    const infos = sources.map(({ info }) => info)
    if (infos.length > MAX_STATUS_ROOTS) context.stderr.write(`rootlight: ${tooManyText(infos.length)}\n`)
    const server = await startServer({
      // The state imported or named last is the newest.
      sources: sources.map((source) => ({ root: source.root, source })).reverse(),
      headers,
      listen,
      chainId: chainIdOf(infos),
      privateKey: await directory.privateKey(),
      limits,
      connectionLimits,
      ...(throttleBytesPerSecond === undefined ? {} : { throttleBytesPerSecond }),
      ...(relay === undefined ? {} : { relay }),
      ...traceOf(context),
      onWebRtcUnavailable: ({ message }) =>
        context.stderr.write(`rootlight: serving over WebSockets only. ${message}\n`),
      onFailure: (error) => context.stderr.write(`rootlight: ${textOf(error)}\n`),
      onDamage: (error) => context.stderr.write(`rootlight: ${textOf(error)}; it is not served any more (${ADVICE})\n`),
    })
    running.isReady = true
    context.stdout.write(
      json
        ? `${readyLine(infos, headers, server, relay)}\n`
        : `${infos.map(summaryText).join('\n')}\n${readyText(server, relay)}`,
    )
    await aborted(context.signal)
    await server.close()
  } finally {
    await directory.close()
  }
}

function tooManyText(count: number): string {
  return `${count} states are served, but only the newest ${MAX_STATUS_ROOTS} are announced: clients do not ask for the others`
}

async function relayForTabs(
  command: Command & { kind: 'relay' },
  context: CommandContext,
  running: Running,
): Promise<void> {
  const { data, listen, relay, json } = command
  const identity = data === undefined ? undefined : await holdIdentity(data)
  try {
    const key = identity === undefined ? {} : { privateKey: identity.privateKey }
    const server = await startRelay({ listen, limits: relay, ...key, ...traceOf(context) })
    const { peerId, multiaddrs } = server
    running.isReady = true
    context.stdout.write(json ? `${JSON.stringify({ peerId, multiaddrs, relay })}\n` : readyText(server, relay))
    await aborted(context.signal)
    await server.close()
  } finally {
    await identity?.release()
  }
}

function traceOf({ debug = '', stderr }: CommandContext): Pick<RelayOptions, 'onTrace'> {
  const onTrace = debugLines(debug, stderr)
  return onTrace === undefined ? {} : { onTrace }
}

const ADVICE = 'rootlight import, or generate, brings it in again'

function openOptions(context: CommandContext, bar: ProgressBar): OpenOptions {
  const onDamage = (error: ServerError) => {
    bar.clear()
    context.stderr.write(`rootlight: ${textOf(error)}\n`)
  }
  return { ...verifyOptions(context, bar), onDamage }
}

function ensureOptions(context: CommandContext, bar: ProgressBar): EnsureOptions {
  return { ...verifyOptions(context, bar), onProgress: (progress) => bar.update(...progressText(progress)) }
}

function verifyOptions({ signal }: CommandContext, bar: ProgressBar): VerifyOptions {
  return { signal, onVerify: (label, fraction) => bar.update(`Verifying ${label}`, fraction) }
}

function progressText(progress: ImportProgress): [text: string, fraction?: number] {
  if (progress.phase === 'reading') return [`Reading: ${progress.records.toLocaleString('en')} accounts and slots`]
  return ['Building the trie', progress.records / progress.total]
}

/** Returns the chain id of all states; 0 for states of several chains. */
function chainIdOf(infos: readonly StateInfo[]): number {
  const { chainId } = infos[0]!
  return infos.every((info) => info.chainId === chainId) ? chainId : 0
}

function summaryOf(info: StateInfo) {
  const { root, accounts, slots, nodes, codes, bytes } = info
  return { root: `0x${root}`, ...blockOf(info), accounts, slots, nodes, codes, bytes }
}

/** Returns the hash of the state's block, if the header is known. */
function blockOf({ header }: StateInfo): { blockHash?: string } {
  return header === undefined ? {} : { blockHash: hashText(hexToBytes(header)) }
}

function hashText(header: Uint8Array): string {
  return `0x${bytesToHex(keccak256(header))}`
}

function summaryText(info: StateInfo): string {
  const { label, root, accounts, slots, nodes, codes, bytes } = info
  const { blockHash } = blockOf(info)
  const [a, s, n, c] = [accounts, slots, nodes, codes].map((count) => count.toLocaleString('en'))
  const block = blockHash === undefined ? '' : `, block ${blockHash}`
  return `${label}: root 0x${root}${block}\n  ${a} accounts, ${s} slots, ${n} nodes, ${c} codes, ${(bytes / 1e6).toFixed(2)} MB`
}

function readyLine(
  infos: readonly StateInfo[],
  headers: readonly Uint8Array[],
  server: RunningServer,
  relay: RelayLimits | undefined,
): string {
  const { peerId, multiaddrs } = server
  const { root, accounts, nodes } = infos[0]!
  const roots = infos.length > 1 ? { roots: infos.map((info) => `0x${info.root}`) } : {}
  return JSON.stringify({
    root: `0x${root}`,
    ...blockOf(infos[0]!),
    peerId,
    multiaddrs,
    accounts,
    nodes,
    ...roots,
    ...(headers.length > 0 ? { headers: headers.map(hashText) } : {}),
    ...(relay && { relay }),
  })
}

function readyText({ multiaddrs }: RunningRelay, relay: RelayLimits | undefined): string {
  const lines = multiaddrs.map((address) => `listening on ${address}`)
  if (relay !== undefined) lines.push(relayText(relay))
  return `${lines.join('\n')}\n`
}

function relayText(limits: RelayLimits): string {
  const { reservations, reservationSeconds, connectionBytes, connectionSeconds } = limits
  const [r, s, b, c] = [reservations, reservationSeconds, connectionBytes, connectionSeconds].map((n) =>
    n.toLocaleString('en'),
  )
  return `relay: ${r} reservations of ${s} s; a relayed connection carries ${b} bytes, and stands for ${c} s, at most`
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
