/**
 * An honest client beside a hostile one, at a server or a tab with the usual limits. For each attack: the honest
 * client's rate before, during and after the attack, and the load on the serving side. Prints JSON lines on stdout and
 * a table on stderr.
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
  /**
   * The honest client's rate over all turns, without the attack and beside the attack, in the scene's unit a second.
   */
  readonly rateAlone: number
  readonly rate: number
  /** The median of the turns' ratios. Each ratio is to the mean of the turns alone before and after. */
  readonly kept: number
  /** The same per second of the serving side's CPU, without the load of other programs on the machine. */
  readonly keptOfCpu: number
  readonly longestMs: number
  readonly attacks: number
  /** Attacks ended by the other side, and attacks impossible for want of a connection. */
  readonly cutOff: number
  readonly refused: number
  /** Of a crowd: the lowest number of connected peers in a turn, and the size of the crowd. */
  readonly connected?: number
  readonly peers?: number
  /** Memory before the first attack, and the most during the attacks. */
  readonly idleRssMB: number
  readonly peakRssMB: number
  readonly idleHeldMB: number
  readonly peakHeldMB: number
}

/** The unit of the honest client's rate. */
export interface Unit {
  readonly name: string
  readonly size: number
}

export const MEGABYTES: Unit = { name: 'MB/s', size: 1e6 }
export const EXCHANGES: Unit = { name: 'a second', size: 1 }

/** The figures of one turn. */
type Turn = HonestFigures & ServingFigures & Partial<AttackerFigures>

/** Measures each attack in a scene of its own: no serving side forgets a hostile peer at once. */
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

/** Returns a table with a row for each attack. */
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
