/** Exports and imports as the engine runs them: chunks go through it one by one, as fast as whoever asks. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { ByteReader } from '../backup/byte-reader.ts'
import { BackupError } from '../backup/errors.ts'
import { decodeHeader, HEADER_BYTES, type Header } from '../backup/header.ts'
import { exportState } from '../backup/state-export.ts'
import { importState } from '../backup/state-import.ts'
import type { StateStore } from '../store/state-store.ts'
import { yieldThread } from '../store/yield-thread.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { ReadError } from '../wallet/errors.ts'
import { ChunkPipe } from './chunk-pipe.ts'
import type { ImportSummary } from './engine.ts'

/** An import that can be started, and stopped: with an error, or with `null` when it has ended. */
export interface OpenImport {
  readonly run: () => Promise<ImportSummary>
  readonly stop: (reason: Error | null) => void
}

export class Backups {
  readonly #store: StateStore
  readonly #keccak: Keccak
  readonly #chainId: number
  readonly #exports = new Map<number, AsyncGenerator<Uint8Array, void, void>>()
  readonly #imports = new Map<number, ChunkPipe>()

  constructor(store: StateStore, keccak: Keccak, chainId: number) {
    this.#store = store
    this.#keccak = keccak
    this.#chainId = chainId
  }

  /** Rejects with `notSynced` or `incomplete`. */
  async openExport(id: number): Promise<void> {
    const state = this.#store.all()
    if (state === null) throw new ReadError('notSynced', 'no state is complete on disk')
    this.#exports.set(id, exportState(state, this.#chainId))
  }

  /** Rejects as reads of the store do; then the export has ended. */
  async readExport(id: number): Promise<Uint8Array | null> {
    const next = await this.#exports.get(id)?.next()
    if (next !== undefined && next.done !== true) return next.value
    this.#exports.delete(id)
    return null
  }

  abortExport(id: number): void {
    this.#exports.delete(id)
  }

  /** `root` (32 bytes): no other is let in; `null`: the file's own. */
  openImport(id: number, root: Uint8Array | null): OpenImport {
    const pipe = new ChunkPipe()
    const controller = new AbortController()
    this.#imports.set(id, pipe)
    const stop = (reason: Error | null) => {
      this.#imports.delete(id)
      if (reason === null) pipe.close()
      else {
        controller.abort(reason)
        pipe.fail(reason)
      }
    }
    return { run: () => this.#import(pipe, root, controller.signal), stop }
  }

  async feed(id: number, chunk: Uint8Array | null): Promise<boolean> {
    return this.#imports.get(id)?.give(chunk) ?? false
  }

  async #import(pipe: ChunkPipe, root: Uint8Array | null, signal: AbortSignal): Promise<ImportSummary> {
    const input = new ByteReader(() => pipe.take())
    const header = decodeHeader(await input.exactly(HEADER_BYTES))
    this.#checkHeader(header, root)
    const { blockNumber } = header
    const disk = await this.#store.target({ root: header.root, blockNumber: blockNumber ?? undefined })
    const keccak = this.#keccak
    const now = () => performance.now()
    const imported = await importState({ input, header, disk, keccak, signal, now, yieldThread })
    return { root: `0x${bytesToHex(header.root)}`, blockNumber, ...imported }
  }

  #checkHeader(header: Header, root: Uint8Array | null): void {
    if (header.chainId !== this.#chainId) {
      const details = { got: header.chainId, expected: this.#chainId }
      throw new BackupError('exportOfOtherChain', `the file is of chain ${header.chainId}`, { details })
    }
    if (root === null || equalHash(root, header.root)) return
    const details = { got: `0x${bytesToHex(header.root)}`, expected: `0x${bytesToHex(root)}` }
    throw new BackupError('exportOfOtherRoot', `the file is of the root ${details.got}`, { details })
  }
}
