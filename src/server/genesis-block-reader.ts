/**
 * Reads what a geth-style genesis says of its block and its chain: `{ config: { chainId, londonBlock, … }, difficulty,
 * gasLimit, … }`. As in geth, the case of a key does not matter, null says nothing, and what is not known is passed over.
 */
import { GENESIS_FORKS, type GenesisBlock } from './genesis-block.ts'
import { bytesOfHex, integerOf, nameOf } from './genesis-values.ts'
import type { JsonVisitor, Scalar } from './json-walker.ts'

/** Bytes that each integer may have. */
const INTEGERS = {
  difficulty: 32,
  gasLimit: 8,
  timestamp: 8,
  nonce: 8,
  number: 8,
  gasUsed: 8,
  baseFeePerGas: 32,
  blobGasUsed: 8,
  excessBlobGas: 8,
} as const
/** Bytes that each of the others has; undefined: any. */
const STRINGS = { extraData: undefined, mixHash: 32, coinbase: 20, parentHash: 32 } as const
/** Of `config`. A fork is a block up to London, a time from Shanghai on. */
const CONFIG = {
  chainId: 8,
  londonBlock: 32,
  shanghaiTime: 8,
  cancunTime: 8,
  pragueTime: 8,
  amsterdamTime: 8,
} as const

type Integer = keyof typeof INTEGERS
type Text = keyof typeof STRINGS
type Config = keyof typeof CONFIG

/** Its callbacks throw `SyntaxError` for what a genesis cannot say. */
export class GenesisBlockReader implements JsonVisitor {
  readonly #integers: Partial<Record<Integer, bigint>> = {}
  readonly #strings: Partial<Record<Text, Uint8Array>> = {}
  readonly #config: Partial<Record<Config, bigint>> = {}

  /** From `config`, where there is one. */
  get chainId(): number | undefined {
    return this.#config.chainId === undefined ? undefined : Number(this.#config.chainId)
  }

  /**
   * The block, once everything has been read. `undefined`: the genesis leaves out what geth asks for, or its forks are in no
   * order, or it begins with one that is not known here.
   */
  get block(): GenesisBlock | undefined {
    const { difficulty, gasLimit } = this.#integers
    const fork = this.#fork()
    if (difficulty === undefined || gasLimit === undefined || fork === undefined) return undefined
    return { fork, ...this.#strings, ...this.#integers, difficulty, gasLimit }
  }

  onOpen(keys: readonly string[]): void {
    if (fieldOf(keys) !== undefined) throw new SyntaxError(`${nameOf(keys)} is a string`)
  }

  onClose(): void {}

  onScalar(keys: readonly string[], value: Scalar): void {
    const field = fieldOf(keys)
    if (field === undefined || value === null) return
    if (field.kind === 'integer') this.#integers[field.name] = integerOf(keys, value, INTEGERS[field.name])
    else if (field.kind === 'config') this.#config[field.name] = integerOf(keys, value, CONFIG[field.name])
    else this.#strings[field.name] = stringOf(keys, value, STRINGS[field.name])
  }

  #fork(): GenesisBlock['fork'] | undefined {
    const { timestamp = 0n } = this.#integers
    const { londonBlock, shanghaiTime, cancunTime, pragueTime, amsterdamTime } = this.#config
    const since = (time: bigint | undefined) => time !== undefined && time <= timestamp
    const active = [londonBlock === 0n, ...[shanghaiTime, cancunTime, pragueTime, amsterdamTime].map(since)]
    const count = active.indexOf(false)
    return count < 0 || active.includes(true, count) ? undefined : GENESIS_FORKS[count]
  }
}

type Field =
  | { readonly kind: 'integer'; readonly name: Integer }
  | { readonly kind: 'string'; readonly name: Text }
  | { readonly kind: 'config'; readonly name: Config }

/** By their keys in small letters. */
const FIELDS = byKey([
  ...(Object.keys(INTEGERS) as Integer[]).map((name): Field => ({ kind: 'integer', name })),
  ...(Object.keys(STRINGS) as Text[]).map((name): Field => ({ kind: 'string', name })),
])
const CONFIG_FIELDS = byKey((Object.keys(CONFIG) as Config[]).map((name): Field => ({ kind: 'config', name })))

function byKey(fields: readonly Field[]): ReadonlyMap<string, Field> {
  return new Map(fields.map((field) => [field.name.toLowerCase(), field]))
}

function fieldOf([first, second, ...deeper]: readonly string[]): Field | undefined {
  if (first === undefined || deeper.length > 0) return undefined
  if (second === undefined) return FIELDS.get(first.toLowerCase())
  return first.toLowerCase() === 'config' ? CONFIG_FIELDS.get(second.toLowerCase()) : undefined
}

function stringOf(keys: readonly string[], value: Scalar, length: number | undefined): Uint8Array {
  const bytes = bytesOfHex(nameOf(keys), value)
  if (length === undefined || bytes.length === length) return bytes
  throw new SyntaxError(`${nameOf(keys)} has ${length} bytes, got ${bytes.length}`)
}
