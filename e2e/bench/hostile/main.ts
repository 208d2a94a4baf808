/**
 * `npm run bench -- hostile`: an honest client beside a hostile one, on one server with the usual limits. For each attack,
 * the honest client's rate before, during and after it, and what the server held. Prints JSON lines, and a table on stderr.
 */
import { parseArgs } from 'node:util'
import type { AttackerFigures, AttackerQuestion } from './attacker.ts'
import { Child } from './child.ts'
import type { HonestFigures, HonestQuestion } from './honest.ts'
import type { ServerFigures, ServerReady } from './server.ts'

interface HostileOptions {
  readonly accounts: number
  readonly ms: number
  readonly turns: number
  readonly only: string
}

interface AttackFigures {
  readonly attack: string
  /** The honest client's, without the attack and beside it, over all turns, in MB/s. */
  readonly rateAlone: number
  readonly rate: number
  /** The median of the turns' ratios; each with the mean of the turns alone before and after it. */
  readonly kept: number
  /** The same for the honest client's bytes in a second of the server's CPU: what others do on the machine is not in it. */
  readonly keptOfCpu: number
  readonly longestMs: number
  readonly attacks: number
  readonly refusedConnections: number
  readonly violations: number
  readonly refusals: number
  /** Before the first attack, and the most beside them. */
  readonly idleRssMB: number
  readonly peakRssMB: number
  readonly peakHeldMB: number
  readonly peakPeers: number
}

/** One turn. */
type Turn = HonestFigures & ServerFigures & Partial<AttackerFigures>

/** Reads the arguments behind `npm run bench -- hostile`, and runs. */
export async function benchHostile(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      accounts: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '2' },
      turns: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
    },
  })
  const { accounts, seconds, turns, only } = values
  const options = { accounts: Number(accounts), ms: Number(seconds) * 1000, turns: Number(turns), only }
  const { child, ready: names } = await Child.start<string[], AttackerQuestion, AttackerFigures>('./attacker.ts', {})
  await child.stop()
  const all: AttackFigures[] = []
  for (const attack of names.filter((name) => name.includes(only))) {
    const figures = await measure(attack, options)
    console.log(JSON.stringify(figures))
    all.push(figures)
  }
  console.error(table(all))
}

/** One attack, on a server of its own: it forgets nobody who has just been hostile. */
async function measure(attack: string, options: HostileOptions): Promise<AttackFigures> {
  const { accounts, ms } = options
  const { child: server, ready } = await Child.start<ServerReady, object, ServerFigures>('./server.ts', { accounts })
  const { child: honest } = await Child.start<object, HonestQuestion, HonestFigures>('./honest.ts', ready)
  const { child: attacker } = await Child.start<object, AttackerQuestion, AttackerFigures>('./attacker.ts', ready)
  async function turn(isAttacked: boolean): Promise<Turn> {
    await server.ask({})
    const [measured, made] = await Promise.all([honest.ask({ ms }), isAttacked ? attacker.ask({ attack, ms }) : {}])
    return { ...measured, ...made, ...(await server.ask({})) }
  }
  await turn(false) // warms up
  const turns: { alone: Turn; beside: Turn; after: Turn }[] = []
  let before = await turn(false)
  for (let i = 0; i < options.turns; i++) {
    const alone = before
    const beside = await turn(true)
    before = await turn(false)
    turns.push({ alone, beside, after: before })
  }
  for (const child of [attacker, honest, server]) await child.stop()
  return figuresOf(attack, turns)
}

function figuresOf(attack: string, turns: readonly { alone: Turn; beside: Turn; after: Turn }[]): AttackFigures {
  const kept = (of: (turn: Turn) => number) =>
    Number(median(turns.map(({ alone, beside, after }) => (2 * of(beside)) / (of(alone) + of(after)))).toFixed(2))
  const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const most = (of: (turn: Turn) => number) => Math.max(...turns.map(({ beside }) => of(beside)))
  const sum = (of: (turn: Turn) => number) => turns.reduce((total, { beside }) => total + of(beside), 0)
  return {
    attack,
    rateAlone: megabytes(mean(turns.flatMap(({ alone, after }) => [alone.bytesPerSecond, after.bytesPerSecond]))),
    rate: megabytes(mean(turns.map(({ beside }) => beside.bytesPerSecond))),
    kept: kept(({ bytesPerSecond }) => bytesPerSecond),
    keptOfCpu: kept(({ bytes, cpuMs }) => bytes / cpuMs),
    longestMs: Math.round(most(({ longestMs }) => longestMs)),
    attacks: sum(({ attacks = 0 }) => attacks),
    refusedConnections: sum(({ refused = 0 }) => refused),
    violations: sum(({ violations }) => violations),
    refusals: sum(({ refusals }) => refusals),
    idleRssMB: megabytes(turns[0]?.alone.peakRssBytes ?? 0),
    peakRssMB: megabytes(most(({ peakRssBytes }) => peakRssBytes)),
    peakHeldMB: megabytes(most(({ peakHeldBytes }) => peakHeldBytes)),
    peakPeers: most(({ peakPeers }) => peakPeers),
  }
}

/** A row an attack. */
function table(all: readonly AttackFigures[]): string {
  const rows = all.map((figures) => [
    figures.attack,
    figures.rateAlone.toFixed(1),
    figures.rate.toFixed(1),
    `${Math.round(100 * figures.kept)} %`,
    `${Math.round(100 * figures.keptOfCpu)} %`,
    String(figures.longestMs),
    String(figures.attacks),
    String(figures.refusedConnections),
    String(figures.violations + figures.refusals),
    `${figures.idleRssMB.toFixed(0)} to ${figures.peakRssMB.toFixed(0)}`,
    figures.peakHeldMB.toFixed(1),
  ])
  const head = [
    'attack',
    'alone MB/s',
    'beside MB/s',
    'kept',
    'by CPU',
    'longest ms',
    'attacks',
    'not let in',
    'cut off',
    'RSS MB',
    'held MB',
  ]
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return `\n${[head, ...rows].map(line).join('\n')}\n`
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!
}

function megabytes(bytes: number): number {
  return Number((bytes / 1e6).toFixed(1))
}
