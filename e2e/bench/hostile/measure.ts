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
  /** The honest client's, without the attack and beside it, over all turns, in MB/s. */
  readonly rateAlone: number
  readonly rate: number
  /** The median of the turns' ratios; each with the mean of the turns alone before and after it. */
  readonly kept: number
  /** The same for the honest client's bytes in a second of the server's CPU: what others do on the machine is not in it. */
  readonly keptOfCpu: number
  readonly longestMs: number
  readonly attacks: number
  /** That were ended by the other side, and that could not be made for want of a connection. */
  readonly cutOff: number
  readonly refused: number
  /** Before the first attack, and the most beside them. */
  readonly idleRssMB: number
  readonly peakRssMB: number
  readonly idleHeldMB: number
  readonly peakHeldMB: number
}

/** One turn. */
type Turn = HonestFigures & ServingFigures & Partial<AttackerFigures>

/** Each attack in a scene of its own: nobody who serves forgets at once who has been hostile. */
export async function measureAll(
  attacks: readonly string[],
  options: HostileOptions,
  start: () => Promise<Scene>,
): Promise<void> {
  const all: AttackFigures[] = []
  for (const attack of attacks.filter((name) => name.includes(options.only))) {
    const scene = await start()
    const figures = await measure(attack, scene, options).finally(() => scene.stop())
    console.log(JSON.stringify(figures))
    all.push(figures)
  }
  console.error(table(all))
}

async function measure(attack: string, scene: Scene, { ms, turns: count }: HostileOptions): Promise<AttackFigures> {
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
    cutOff: sum(({ cutOff = 0 }) => cutOff),
    refused: sum(({ refused = 0 }) => refused),
    idleRssMB: megabytes(turns[0]?.alone.peakRssBytes ?? 0),
    peakRssMB: megabytes(most(({ peakRssBytes }) => peakRssBytes)),
    idleHeldMB: megabytes(turns[0]?.alone.peakHeldBytes ?? 0),
    peakHeldMB: megabytes(most(({ peakHeldBytes }) => peakHeldBytes)),
  }
}

/** A row an attack. */
function table(all: readonly AttackFigures[]): string {
  const head = [
    'alone MB/s',
    'beside',
    'kept',
    'by CPU',
    'longest ms',
    'attacks',
    'cut off',
    'not let in',
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
  return Number((bytes / 1e6).toFixed(1))
}
