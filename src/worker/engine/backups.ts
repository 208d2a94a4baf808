/** Exports and imports as the engine runs them: chunk by chunk, at the caller's pace. */
import { ByteReader } from '../../backup/byte-reader.ts'
import { BackupError } from '../../backup/errors.ts'
import { decodeFileHeader, type FileHeader, HEADER_BYTES } from '../../backup/file-header.ts'
import { exportStateFile } from '../../backup/state-export.ts'
import { importStateFile } from '../../backup/state-import.ts'
import { yieldThread } from '../../runtime/yield-thread.ts'
import type { StateStore } from '../../store/state-store.ts'
import { equalHash, type Keccak } from '../../trie/keccak.ts'
import { ReadError } from '../../wallet/errors.ts'
import { parseRoot } from '../../wallet/parse.ts'
import { MAX_OPEN_EXPORTS } from '../constants.ts'
import type { ExportedState, ImportSummary } from '../engine.ts'
import { ChunkPipe } from './chunk-pipe.ts'
import { hexOf } from './reads.ts'

/**
 * An import, to be started with `run`. `stop` ends the import: with an error, or with `null` at the end of the file.
 */
export interface OpenImport {
  readonly run: () => Promise<ImportSummary>
  readonly stop: (reason: Error | null) => void
}

/** A running export: the chunks of the file from byte `at` on. */
interface OpenExport {
  at: number
  readonly chunks: AsyncGenerator<Uint8Array, void, void>
}

/** A running import, and the number of its bytes received so far. */
interface FedImport {
  at: number
  readonly pipe: ChunkPipe
  readonly fail: (reason: Error) => void
}

export class Backups {
  readonly #store: StateStore
  readonly #keccak: Keccak
  readonly #chainId: number
  /** Exports by id. The last one read stands at the end. */
  readonly #exports = new Map<number, OpenExport>()
  readonly #imports = new Map<number, FedImport>()

  constructor(store: StateStore, keccak: Keccak, chainId: number) {
    this.#store = store
    this.#keccak = keccak
    this.#chainId = chainId
  }

  /** Returns the state that an export would write now. Rejects with `notSynced` or `incomplete`. */
  async openExport(): Promise<ExportedState> {
    const state = this.#store.all()
    if (state === null) throw new ReadError('notSynced', 'no state is complete on disk')
    return { root: hexOf(state.root), blockNumber: state.blockNumber }
  }

  /**
   * Returns the chunk of the file beginning at byte `at`. The root determines a file's bytes, so an engine that has not
   * written the bytes before `at` goes through them without handing them out. Rejects with `exportGone`, with the
   * reason of `signal`, or as reads of the store do.
   */
  async readExport(id: number, state: ExportedState, at: number, signal: AbortSignal): Promise<Uint8Array | null> {
    const known = this.#exports.get(id)
    // Forgotten while a chunk is read: if the read fails for any reason, the next one begins anew.
    this.#exports.delete(id)
    const open = known?.at === at ? known : { at, chunks: this.#chunksFrom(state, at, signal) }
    const { value } = await open.chunks.next()
    if (!(value instanceof Uint8Array)) return null
    open.at += value.length
    this.#exports.set(id, open)
    this.#forgetOldest()
    return value
  }

  abortExport(id: number): void {
    this.#exports.delete(id)
  }

  /** Prepares an import. `root` (32 bytes): a file of any other root is refused; `null`: the file's own root. */
  openImport(id: number, root: Uint8Array | null): OpenImport {
    const pipe = new ChunkPipe()
    const controller = new AbortController()
    const stop = (reason: Error | null) => {
      this.#imports.delete(id)
      if (reason === null) pipe.close()
      else {
        controller.abort(reason)
        pipe.fail(reason)
      }
    }
    this.#imports.set(id, { at: 0, pipe, fail: stop })
    return { run: () => this.#import(pipe, root, controller.signal), stop }
  }

  async feed(id: number, at: number, chunk: Uint8Array | null): Promise<boolean> {
    const open = this.#imports.get(id)
    if (open === undefined) return false
    if (open.at !== at) {
      const details = { got: at, expected: open.at }
      const message = 'the tab that read the file in has ended: import it again, from its beginning'
      open.fail(new BackupError('importCutOff', message, { details }))
      return false
    }
    open.at += chunk?.length ?? 0
    return open.pipe.give(chunk)
  }

  /** Yields the file's bytes from `at` on. */
  async *#chunksFrom({ root, blockNumber }: ExportedState, at: number, signal: AbortSignal) {
    const state = this.#store.all(parseRoot(root))
    if (state === null) {
      throw new BackupError('exportGone', 'the state that was exported is no longer on disk', { details: { root, at } })
    }
    let passed = 0
    for await (const chunk of exportStateFile(state, this.#chainId, { blockNumber, isHeadWanted: at < HEADER_BYTES })) {
      signal.throwIfAborted()
      const unknown = chunk.subarray(Math.max(0, at - passed))
      passed += chunk.length
      if (unknown.length > 0) yield unknown.length === chunk.length ? chunk : unknown.slice()
    }
  }

  /** Drops the oldest export, most likely one of a dead tab. An export dropped while read begins anew. */
  #forgetOldest(): void {
    const [oldest] = this.#exports.keys()
    if (this.#exports.size > MAX_OPEN_EXPORTS) this.#exports.delete(oldest!)
  }

  async #import(pipe: ChunkPipe, root: Uint8Array | null, signal: AbortSignal): Promise<ImportSummary> {
    const input = new ByteReader(() => pipe.take())
    const header = decodeFileHeader(await input.exactly(HEADER_BYTES))
    this.#checkHeader(header, root)
    const { blockNumber } = header
    const disk = await this.#store.target({ root: header.root, blockNumber: blockNumber ?? undefined })
    const keccak = this.#keccak
    const now = () => performance.now()
    const imported = await importStateFile({ input, header, disk, keccak, signal, now, yieldThread })
    return { root: hexOf(header.root), blockNumber, ...imported }
  }

  #checkHeader(header: FileHeader, root: Uint8Array | null): void {
    if (header.chainId !== this.#chainId) {
      const details = { got: header.chainId, expected: this.#chainId }
      throw new BackupError('exportOfOtherChain', `the file is of chain ${header.chainId}`, { details })
    }
    if (root === null || equalHash(root, header.root)) return
    const details = { got: hexOf(header.root), expected: hexOf(root) }
    throw new BackupError('exportOfOtherRoot', `the file is of the root ${details.got}`, { details })
  }
}
