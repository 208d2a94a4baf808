/**
 * Reads a state's file (`FORMAT.md`) into a generation. The file is one long run of the root, checked and written like
 * the answers of peers in a sync, in slices and in flat memory. If the import fails, verified data stays, and a sync or
 * another import goes on from there.
 */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { MAX_CODE_BYTES } from '../protocol/constants.ts'
import { WorkSlices } from '../runtime/work-slices.ts'
import { SLICE_BYTES, SLICE_MS } from '../sync/constants.ts'
import { type Delivery, deliveryOf } from '../sync/delivery.ts'
import type { Counts, Disk } from '../sync/disk.ts'
import { resolveRef } from '../sync/resolution.ts'
import { Scheduler } from '../sync/scheduler.ts'
import { EMPTY_ROOT } from '../trie/account.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { scanAccount } from '../trie/leaf.ts'
import { ROOT_PATH } from '../trie/path.ts'
import { rlpItemEnd } from '../trie/rlp.ts'
import type { ByteReader } from './byte-reader.ts'
import { badExport } from './errors.ts'
import type { FileHeader } from './file-header.ts'

/** The limit on the size of a node: the largest node of a state, a branch of sixteen hashes, has 532 bytes. */
const MAX_NODE_BYTES = 1024
/** Refs taken from the scheduler at a time, to be looked up on disk one by one. */
const RESOLVES = 32

export interface StateImportOptions {
  /** The file after its header. */
  readonly input: ByteReader
  readonly header: FileHeader
  /** The generation with the header's root. */
  readonly disk: Disk
  readonly keccak: Keccak
  readonly now: () => number
  readonly yieldThread: () => Promise<void>
  /** Ends the import with the signal's reason. */
  readonly signal: AbortSignal
}

/** The totals of an import. `bytes` are of nodes and codes. */
export interface Imported extends Readonly<Counts> {
  readonly codes: number
}

/**
 * Imports the file, and resolves when the generation is complete. Rejects with `badExport`, `exportCutOff`, `badRoot`,
 * or as the disk does.
 */
export async function importStateFile(options: StateImportOptions): Promise<Imported> {
  const contents = await options.disk.contents()
  const scheduler = new Scheduler({
    root: options.header.root,
    keccak: options.keccak,
    contents,
    leaf: scanAccount,
  })
  const isContinued = contents.stretches.length > 0 || contents.base !== null || contents.hasOlder
  const run = new Import(options, scheduler, isContinued, contents.codes)
  try {
    await run.takeNodes()
    await run.takeCodes()
  } catch (error) {
    // The disk may fail again. The first error is the reason why the import ends.
    await run.keep().catch(() => {})
    throw error
  }
  await run.write()
  await options.disk.complete()
  return { ...scheduler.counts, bytes: scheduler.counts.bytes + run.codeBytes, codes: run.codes }
}

class Import {
  codes = 0
  codeBytes = 0
  readonly #options: StateImportOptions
  readonly #scheduler: Scheduler
  /**
   * True if a part of the state is on disk. Only reading a node shows which of its children are stored, so nodes are
   * taken one at a time.
   */
  readonly #isContinued: boolean
  readonly #storedCodes: ReadonlySet<string>
  readonly #slices: WorkSlices

  constructor(
    options: StateImportOptions,
    scheduler: Scheduler,
    isContinued: boolean,
    storedCodes: ReadonlySet<string>,
  ) {
    this.#options = options
    this.#scheduler = scheduler
    this.#isContinued = isContinued
    this.#storedCodes = storedCodes
    this.#slices = new WorkSlices(SLICE_MS, options.now, options.yieldThread)
  }

  async takeNodes(): Promise<void> {
    const { header, input } = this.#options
    const start = deliveryOf({ path: ROOT_PATH, hash: header.root }, new Uint8Array())
    const expected = equalHash(header.root, EMPTY_ROOT) ? [] : start.expected
    let nodes = 0
    let rest = new Uint8Array()
    await this.#resolve()
    for (let left = header.nodeBytes; left > 0; ) {
      const chunk = await input.some(Math.min(left, SLICE_BYTES))
      left -= chunk.length
      const bytes = concatBytes(rest, chunk)
      const whole = wholeNodes(bytes)
      rest = bytes.slice(whole.end)
      if (rest.length > MAX_NODE_BYTES) throw badExport('its nodes are RLP')
      nodes += whole.count
      await this.#takeRun({ ...start, run: bytes.subarray(0, whole.end), expected })
    }
    if (rest.length > 0) throw badExport('its last node is whole')
    if (nodes !== header.nodes) throw badExport('it has as many nodes as it says')
    if (expected.length > 0 || this.#scheduler.gaps.size > 0) throw badExport('every node of the state is in it')
  }

  async #takeRun(delivery: Delivery): Promise<void> {
    const step = this.#isContinued ? 1 : SLICE_BYTES
    for (let goesOn = delivery.run.length > 0; goesOn; ) {
      goesOn = this.#scheduler.process(delivery, step)
      if (delivery.lie !== null) throw badExport('each node is the one that its parent names')
      await this.#resolve()
      await this.#breathe()
    }
    const pages = this.#scheduler.commit()
    if (pages.length > 0) await this.#options.disk.commit(pages, [])
  }

  /** Looks up all unresolved refs on disk. */
  async #resolve(): Promise<void> {
    const scheduler = this.#scheduler
    const { disk } = this.#options
    const { scope, baseScope } = scheduler
    for (let gaps = scheduler.unresolved(RESOLVES); gaps.length > 0; gaps = scheduler.unresolved(RESOLVES)) {
      for (const gap of gaps)
        scheduler.resolve(gap, await resolveRef({ disk, leaf: scanAccount, scope, baseScope }, gap))
    }
  }

  async takeCodes(): Promise<void> {
    const { input, disk } = this.#options
    let last = ''
    for (let left = await input.uint32(); left > 0; left--) {
      const length = await input.uint32()
      if (length === 0 || length > MAX_CODE_BYTES) throw badExport(`a code has 1 to ${MAX_CODE_BYTES} bytes`)
      last = this.#takeCode(await input.exactly(length), last)
      await disk.commit([], this.#scheduler.codes.commit())
      await this.#breathe()
    }
    if (this.#scheduler.codes.pending > 0) await this.#dropStrayCodes()
    if (!(await input.isAtEnd())) throw badExport('nothing follows its end')
  }

  /** Drops codes still wanted: only an older state can have wanted them. Throws `badExport` if any are left. */
  async #dropStrayCodes(): Promise<void> {
    const { disk } = this.#options
    await this.write()
    await disk.dropStrayCodes()
    const { wanted } = await disk.contents()
    if (wanted.length > 0) throw badExport('every code of the state is in it')
  }

  /** Takes a code and returns its hash, which must come after `last`. Throws `badExport`. */
  #takeCode(bytes: Uint8Array, last: string): string {
    const { keccak } = this.#options
    const hash = keccak.digest(bytes)
    const code = { hash, hashHex: bytesToHex(hash), inFlight: 0, attempts: null }
    if (code.hashHex <= last) throw badExport('its codes are in order')
    if (this.#scheduler.codes.isNamed(code.hashHex)) this.#scheduler.codes.process(code, bytes, keccak)
    else if (!this.#storedCodes.has(code.hashHex)) throw badExport('each code is named by an account')
    this.codes++
    this.codeBytes += bytes.length
    return code.hashHex
  }

  /** Writes all verified nodes that fill pages, and all codes. */
  async write(): Promise<void> {
    await this.#options.disk.commit(this.#scheduler.commit(), this.#scheduler.codes.commit())
  }

  /** Writes everything verified: pages and codes, then the other nodes as loose pages. */
  async keep(): Promise<void> {
    await this.write()
    await this.#options.disk.keepLoose(this.#scheduler.looseSequences())
  }

  /** Lets the thread do other work between slices. Rejects if the import was given up. */
  async #breathe(): Promise<void> {
    const { signal } = this.#options
    signal.throwIfAborted()
    if (await this.#slices.breathe()) signal.throwIfAborted()
  }
}

/** Returns the number of whole nodes at the beginning of `bytes`, and the end of the last one. */
function wholeNodes(bytes: Uint8Array): { count: number; end: number } {
  let [count, end] = [0, 0]
  for (let next = rlpItemEnd(bytes, 0, bytes.length); next > 0; next = rlpItemEnd(bytes, end, bytes.length)) {
    end = next
    count++
    if (end === bytes.length) break
  }
  return { count, end }
}
