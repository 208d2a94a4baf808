/**
 * Reads what a geth-style genesis says of its block and its chain: `{ config: { chainId, londonBlock, … }, difficulty,
 * gasLimit, … }`. As in geth, the case of a key does not matter, null says nothing, and what is not known is passed over.
 *
 * DIFF FROM GETH: of a key that is there twice, geth takes the last one; here it is refused.
 */
import { GENESIS_FORKS, type GenesisBlock } from './genesis-block.ts'
import { foldKey } from './genesis-keys.ts'
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
  slotNumber: 8,
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
/** Forks that leave a header's form as it is. Of others it is not known what they add. */
const FORKS_WITHOUT_FIELDS = new Set(
  ['homestead', 'daoFork', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul']
    .concat(['muirGlacier', 'berlin', 'arrowGlacier', 'grayGlacier', 'mergeNetsplit'])
    .map((fork) => `${fork}Block`)
    .concat(['osaka', 'bpo1', 'bpo2', 'bpo3', 'bpo4', 'bpo5'].map((fork) => `${fork}Time`))
    .map(foldKey),
)
/** A trie of another kind holds the state, by geth's names for it. */
const OTHER_TRIES = new Set(['enableUBTAtGenesis', 'enableVerkleAtGenesis'].map(foldKey))

type Integer = keyof typeof INTEGERS
type Text = keyof typeof STRINGS
type Config = keyof typeof CONFIG

/** Its callbacks throw `SyntaxError` for what a genesis cannot say. */
export class GenesisBlockReader implements JsonVisitor {
  readonly #integers: Partial<Record<Integer, bigint>> = {}
  readonly #strings: Partial<Record<Text, Uint8Array>> = {}
  readonly #config: Partial<Record<Config, bigint>> = {}
  readonly #seen = new Set<string>()
  /** Where forks are not said, the form of the header is not known. */
  #hasConfig = false
  #inConfig = false
  readonly #unknownForks: { readonly isTime: boolean; readonly value: Scalar }[] = []

  /** From `config`, where there is one. */
  get chainId(): number | undefined {
    return this.#config.chainId === undefined ? undefined : Number(this.#config.chainId)
  }

  /**
   * The block, once everything has been read. `undefined`: the genesis leaves out what geth asks for (its forks among it), or
   * its forks are in no order, or it begins with one that is not known here, or names a field that its fork does not have.
   */
  get block(): GenesisBlock | undefined {
    const { difficulty, gasLimit, excessBlobGas } = this.#integers
    const fork = this.#fork()
    if (difficulty === undefined || gasLimit === undefined || fork === undefined) return undefined
    const isBeforeCancun = GENESIS_FORKS.indexOf(fork) < GENESIS_FORKS.indexOf('cancun')
    if (isBeforeCancun && excessBlobGas !== undefined) return undefined
    return { fork, ...this.#strings, ...this.#integers, difficulty, gasLimit }
  }

  onOpen(keys: readonly string[], kind: 'object' | 'array'): void {
    if (keys.length === 1 && foldKey(keys[0]!) === 'config') {
      this.#see(keys)
      if (kind !== 'object') throw new SyntaxError(`${nameOf(keys)} is an object`)
      this.#hasConfig = true
      this.#inConfig = true
    } else if (this.#fieldOf(keys) !== undefined) throw new SyntaxError(`${nameOf(keys)} is a string`)
  }

  onClose(keys: readonly string[]): void {
    if (keys.length === 1) this.#inConfig = false
  }

  onScalar(keys: readonly string[], value: Scalar): void {
    const field = this.#fieldOf(keys)
    if (field === undefined) this.#meetOther(keys, value)
    if (field === undefined || value === null) return
    if (field.kind === 'integer') this.#integers[field.name] = integerOf(keys, value, INTEGERS[field.name])
    else if (field.kind === 'config') this.#config[field.name] = integerOf(keys, value, CONFIG[field.name])
    else this.#strings[field.name] = stringOf(keys, value, STRINGS[field.name])
    if ((this.#config.chainId ?? 0n) > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new SyntaxError(`${nameOf(keys)} is more than ${Number.MAX_SAFE_INTEGER}`)
    }
  }

  #fieldOf(keys: readonly string[]): Field | undefined {
    // Most of what is met belongs to the alloc, and is none of ours.
    const isConfig = keys.length === 2 && this.#inConfig
    if (keys.length !== 1 && !isConfig) return undefined
    const field = isConfig ? CONFIG_FIELDS.get(foldKey(keys[1]!)) : FIELDS.get(foldKey(keys[0]!))
    if (field !== undefined) this.#see(keys)
    return field
  }

  #see(keys: readonly string[]): void {
    const name = keys.map(foldKey).join('.')
    if (this.#seen.has(name)) throw new SyntaxError(`${nameOf(keys)} is there twice`)
    this.#seen.add(name)
  }

  #meetOther(keys: readonly string[], value: Scalar): void {
    if (keys.length === 1 && foldKey(keys[0]!) === 'config') {
      this.#see(keys)
      if (value !== null) throw new SyntaxError(`${nameOf(keys)} is an object`)
    }
    if (keys.length !== 2 || !this.#inConfig || value === null || value === false) return
    const name = foldKey(keys[1]!)
    if (OTHER_TRIES.has(name)) throw new SyntaxError(`${nameOf(keys)}: its state is no Merkle-Patricia trie`)
    if (FORKS_WITHOUT_FIELDS.has(name) || !/(block|time)$/.test(name)) return
    this.#unknownForks.push({ isTime: name.endsWith('time'), value })
  }

  #fork(): GenesisBlock['fork'] | undefined {
    const { timestamp = 0n, number = 0n } = this.#integers
    const { londonBlock, shanghaiTime, cancunTime, pragueTime, amsterdamTime } = this.#config
    const since = (time: bigint | undefined) => time !== undefined && time <= timestamp
    const active = [londonBlock === 0n, ...[shanghaiTime, cancunTime, pragueTime, amsterdamTime].map(since)]
    if (!this.#hasConfig || this.#unknownForks.some((fork) => isActive(fork, fork.isTime ? timestamp : number))) {
      return undefined
    }
    const first = active.indexOf(false)
    const count = first < 0 ? active.length : first
    return active.includes(true, count) ? undefined : GENESIS_FORKS[count]
  }
}

/** What is no integer is taken for one that is active: nothing is known of it. */
function isActive({ value }: { readonly value: Scalar }, now: bigint): boolean {
  try {
    return integerOf([], value, 32) <= now
  } catch {
    return true
  }
}

type Field =
  | { readonly kind: 'integer'; readonly name: Integer }
  | { readonly kind: 'string'; readonly name: Text }
  | { readonly kind: 'config'; readonly name: Config }

/** By their keys, folded. */
const FIELDS = byKey([
  ...(Object.keys(INTEGERS) as Integer[]).map((name): Field => ({ kind: 'integer', name })),
  ...(Object.keys(STRINGS) as Text[]).map((name): Field => ({ kind: 'string', name })),
])
const CONFIG_FIELDS = byKey((Object.keys(CONFIG) as Config[]).map((name): Field => ({ kind: 'config', name })))

function byKey(fields: readonly Field[]): ReadonlyMap<string, Field> {
  return new Map(fields.map((field) => [foldKey(field.name), field]))
}

function stringOf(keys: readonly string[], value: Scalar, length: number | undefined): Uint8Array {
  const bytes = bytesOfHex(nameOf(keys), value)
  if (length === undefined || bytes.length === length) return bytes
  throw new SyntaxError(`${nameOf(keys)} has ${length} bytes, got ${bytes.length}`)
}
