/**
 * An honest client beside a hostile one, on a server or a tab with the usual limits: for each attack, the honest client's
 * rate before, during and after it, and what whoever serves had to bear. JSON lines on stdout, and a table on stderr.
 */
import { align } from '../tables.ts'
import type { AttackerFigures, HonestFigures, Scene, ServingFigures } from './scene.ts'

export interface HostileOptions {
  readonly accounts: number
  readonly ms: number
  readonly turns: number
  readonly only: string
}

interface AttackFigures {
  readonly attack: string
  /** The honest client's, without the attack and beside it, over all turns, in the scene's unit a second. */
  readonly rateAlone: number
  readonly rate: number
  /** The median of the turns' ratios; each with the mean of the turns alone before and after it. */
  readonly kept: number
  /** The same for what the honest client gets in a second of the CPU of whoever serves: what others do on the machine is not in it. */
  readonly keptOfCpu: number
  readonly longestMs: number
  readonly attacks: number
  /** That were ended by the other side, and that could not be made for want of a connection. */
  readonly cutOff: number
  readonly refused: number
  /** Of a crowd, the fewest that were connected in a turn, and of how many peers. */
  readonly connected?: number
  readonly peers?: number
  /** Before the first attack, and the most beside them. */
  readonly idleRssMB: number
  readonly peakRssMB: number
  readonly idleHeldMB: number
  readonly peakHeldMB: number
}

/** What the honest client's rate is told in. */
export interface Unit {
  readonly name: string
  readonly size: number
}

export const MEGABYTES: Unit = { name: 'MB/s', size: 1e6 }
export const EXCHANGES: Unit = { name: 'a second', size: 1 }

/** One turn. */
type Turn = HonestFigures & ServingFigures & Partial<AttackerFigures>

/** Each attack in a scene of its own: nobody who serves forgets at once who has been hostile. */
export async function measureAll(
  attacks: readonly string[],
  options: HostileOptions,
  start: () => Promise<Scene>,
  unit = MEGABYTES,
): Promise<void> {
  const all: AttackFigures[] = []
  for (const attack of attacks.filter((name) => name.includes(options.only))) {
    const scene = await start()
    const figures = await measure(attack, scene, options, unit).finally(() => scene.stop())
    console.log(JSON.stringify(figures))
    all.push(figures)
  }
  console.error(table(all, unit))
}

async function measure(
  attack: string,
  scene: Scene,
  { ms, turns: count }: HostileOptions,
  unit: Unit,
): Promise<AttackFigures> {
  async function turn(isAttacked: boolean): Promise<Turn> {
    await scene.served()
    const [measured, made] = await Promise.all([scene.ask(ms), isAttacked ? scene.attack(attack, ms) : {}])
    return { ...measured, ...made, ...(await scene.served()) }
  }
  await scene.attack(attack, 0) // whoever stands ready for it is connected
  await turn(false) // warms up
  const turns: { alone: Turn; beside: Turn; after: Turn }[] = []
  let before = await turn(false)
  for (let i = 0; i < count; i++) {
    const alone = before
    const beside = await turn(true)
    before = await turn(false)
    turns.push({ alone, beside, after: before })
  }
  return figuresOf(attack, turns, unit)
}

function figuresOf(
  attack: string,
  turns: readonly { alone: Turn; beside: Turn; after: Turn }[],
  { size }: Unit,
): AttackFigures {
  const kept = (of: (turn: Turn) => number) =>
    Number(median(turns.map(({ alone, beside, after }) => (2 * of(beside)) / (of(alone) + of(after)))).toFixed(2))
  const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const most = (of: (turn: Turn) => number) => Math.max(...turns.map(({ beside }) => of(beside)))
  const sum = (of: (turn: Turn) => number) => turns.reduce((total, { beside }) => total + of(beside), 0)
  return {
    attack,
    rateAlone: rounded(mean(turns.flatMap(({ alone, after }) => [alone.perSecond, after.perSecond])) / size),
    rate: rounded(mean(turns.map(({ beside }) => beside.perSecond)) / size),
    kept: kept(({ perSecond }) => perSecond),
    keptOfCpu: kept(({ amount, cpuMs }) => amount / cpuMs),
    longestMs: Math.round(most(({ longestMs }) => longestMs)),
    attacks: sum(({ attacks = 0 }) => attacks),
    cutOff: sum(({ cutOff = 0 }) => cutOff),
    refused: sum(({ refused = 0 }) => refused),
    ...crowdOf(turns.map(({ beside }) => beside)),
    idleRssMB: megabytes(turns[0]?.alone.peakRssBytes ?? 0),
    peakRssMB: megabytes(most(({ peakRssBytes }) => peakRssBytes)),
    idleHeldMB: megabytes(turns[0]?.alone.peakHeldBytes ?? 0),
    peakHeldMB: megabytes(most(({ peakHeldBytes }) => peakHeldBytes)),
  }
}

function crowdOf(turns: readonly Turn[]): { connected?: number; peers?: number } {
  const peers = turns[0]?.peers
  return peers === undefined ? {} : { connected: Math.min(...turns.map(({ connected = 0 }) => connected)), peers }
}

/** A row an attack. */
function table(all: readonly AttackFigures[], unit: Unit): string {
  const head = [
    `alone ${unit.name}`,
    'beside',
    'kept',
    'by CPU',
    'longest ms',
    'attacks',
    'cut off',
    'not let in',
    'connected',
    'RSS MB',
    'held MB',
  ]
  const rows = all.map((figures) => [
    figures.rateAlone.toFixed(1),
    figures.rate.toFixed(1),
    `${Math.round(100 * figures.kept)} %`,
    `${Math.round(100 * figures.keptOfCpu)} %`,
    String(figures.longestMs),
    String(figures.attacks),
    String(figures.cutOff),
    String(figures.refused),
    figures.peers === undefined ? '' : `${figures.connected} of ${figures.peers}`,
    `${figures.idleRssMB.toFixed(0)} to ${figures.peakRssMB.toFixed(0)}`,
    `${figures.idleHeldMB.toFixed(0)} to ${figures.peakHeldMB.toFixed(0)}`,
    figures.attack,
  ])
  return `\n${align([[...head, 'attack'], ...rows], head.length)}\n`
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!
}

function megabytes(bytes: number): number {
  return rounded(bytes / 1e6)
}

function rounded(value: number): number {
  return Number(value.toFixed(1))
}
