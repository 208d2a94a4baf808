/**
 * Reads the block and the chain of a geth-style genesis: `{ config: { chainId, londonBlock, … }, difficulty, gasLimit,
 * … }`. Keys match in any case as in geth, null counts as absent, and unknown keys are ignored.
 *
 * DIFF FROM GETH: geth takes the last of two equal keys; here a repeated key is refused.
 */
import { GENESIS_FORKS, type GenesisBlock } from './genesis-block.ts'
import { foldKey } from './genesis-keys.ts'
import { bytesOfHex, integerOf, nameOf } from './genesis-values.ts'
import type { JsonVisitor, Scalar } from './json-walker.ts'

/** The most bytes of each integer. */
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
/** The exact bytes of each string; undefined: any number. */
const STRINGS = { extraData: undefined, mixHash: 32, coinbase: 20, parentHash: 32 } as const
/** The most bytes of each integer in `config`. A fork is a block number up to London, and a time from Shanghai on. */
const CONFIG = {
  chainId: 8,
  londonBlock: 32,
  shanghaiTime: 8,
  cancunTime: 8,
  pragueTime: 8,
  amsterdamTime: 8,
} as const
/** Forks without new fields in the header. The header fields of an unlisted fork are unknown. */
const FORKS_WITHOUT_FIELDS = new Set(
  ['homestead', 'daoFork', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul']
    .concat(['muirGlacier', 'berlin', 'arrowGlacier', 'grayGlacier', 'mergeNetsplit'])
    .map((fork) => `${fork}Block`)
    .concat(['osaka', 'bpo1', 'bpo2', 'bpo3', 'bpo4', 'bpo5'].map((fork) => `${fork}Time`))
    .map(foldKey),
)
/** geth's flags for a state in another kind of trie. */
const OTHER_TRIES = new Set(['enableUBTAtGenesis', 'enableVerkleAtGenesis'].map(foldKey))

type Integer = keyof typeof INTEGERS
type Text = keyof typeof STRINGS
type Config = keyof typeof CONFIG

/** Collects the fields of the block and the chain. The callbacks throw `SyntaxError` for an invalid genesis. */
export class GenesisBlockReader implements JsonVisitor {
  readonly #integers: Partial<Record<Integer, bigint>> = {}
  readonly #strings: Partial<Record<Text, Uint8Array>> = {}
  readonly #config: Partial<Record<Config, bigint>> = {}
  readonly #seen = new Set<string>()
  /** False: the forks are unknown, and with them the form of the header. */
  #hasConfig = false
  #inConfig = false
  readonly #unknownForks: { readonly isTime: boolean; readonly value: Scalar }[] = []

  /** The chain id from `config`, if present. */
  get chainId(): number | undefined {
    return this.#config.chainId === undefined ? undefined : Number(this.#config.chainId)
  }

  /**
   * The block, complete once the whole text has been read. `undefined` if the genesis lacks a field required by geth
   * (`config` included), or has forks out of order. Also `undefined` if an unknown fork is active, or if a field does
   * not belong to the fork.
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
    // Most keys belong to the alloc, and are ignored here.
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

/**
 * True if a fork is active at `now`. A value other than an integer counts as active, because nothing is known of the
 * fork.
 */
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

/** Fields by their folded keys. */
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
