/** The command line of the benchmark as data. */
import { parseArgs } from 'node:util'
import type { StraightSettings } from './page-contract.ts'
import type { Contender } from './run.ts'
import { BEST_SETTINGS, parseSettings } from './straight/settings.ts'

export const USAGE = `npm run bench -- [options]
  --accounts N      accounts of the generated state (20000)
  --seed S          its seed (1)
  --runs N          measured runs of each contender, interleaved, behind one that warms up (3)
  --only WHICH      ours or straight
  --straight T,B,R,W  how the straight port runs: window or worker, puts a transaction, requests and transactions in flight
  --profile DIR     write CPU profiles of window and worker there, and print where the worker's time goes (only ours,
                    unless --only straight); the code is not minified then, and profiling slows it down
  --data DIR        keep the generated state there, for the next time
  --save            write the figures to e2e/bench/results
`

export interface BenchOptions {
  readonly accounts: number
  readonly seed: number
  readonly runs: number
  readonly contenders: readonly Contender[]
  readonly straight: StraightSettings
  readonly profile: string | undefined
  readonly data: string | undefined
  readonly save: boolean
}

/** Reads the arguments behind `npm run bench --`; `null` asks for help. Throws on what makes no sense. */
export function parseOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      accounts: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string' },
      straight: { type: 'string' },
      profile: { type: 'string' },
      data: { type: 'string' },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  return {
    accounts: integerOf('accounts', values.accounts, 1),
    seed: integerOf('seed', values.seed, 0),
    runs: integerOf('runs', values.runs, 1),
    contenders: contendersOf(values.only ?? (values.profile === undefined ? undefined : 'ours')),
    straight: values.straight === undefined ? BEST_SETTINGS : parseSettings(values.straight),
    profile: values.profile,
    data: values.data,
    save: values.save,
  }
}

function contendersOf(only: string | undefined): readonly Contender[] {
  if (only === undefined) return ['ours', 'straight']
  if (only === 'ours' || only === 'straight') return [only]
  throw new Error(`--only is ours or straight, got ${only}`)
}

function integerOf(option: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${option} is a whole number from ${least}, got ${text}`)
}
