/** The state as in a hash-keyed database: every node and code by its hash, each once, in memory. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { LevelSource } from '../../src/server/level-source.ts'
import { generateAccounts } from '../../src/server/synthetic.ts'
import type { Keccak } from '../../src/trie/keccak.ts'
import { ROOT_PATH } from '../../src/trie/path.ts'
import { rlpItemEnd } from '../../src/trie/rlp.ts'

export interface RecordSet {
  /** By hash in hex. */
  readonly blobs: ReadonlyMap<string, Uint8Array>
  /** keccak-256 of all hashes in ascending order, in hex. */
  readonly digest: string
}

/** Reads the whole state from `source`, and its codes from the state's generator. */
export async function collectRecords(
  source: LevelSource,
  synthetic: { readonly accounts: number; readonly seed: number },
  keccak: Keccak,
): Promise<RecordSet> {
  const blobs = new Map<string, Uint8Array>()
  const add = (blob: Uint8Array) => blobs.set(bytesToHex(keccak.digest(blob)), blob)
  const ref = { path: ROOT_PATH, hash: source.root }
  const sequence = await source.run(source.root, ref, 0, Number.POSITIVE_INFINITY)
  for (let at = 0; at < sequence.length; ) {
    const end = rlpItemEnd(sequence, at, sequence.length)
    add(sequence.subarray(at, end))
    at = end
  }
  const codes = new Set<Uint8Array>()
  for (const { code } of generateAccounts({ ...synthetic, keccak })) if (code !== undefined) codes.add(code)
  for (const code of codes) add(code)
  return { blobs, digest: digestOf([...blobs.keys()].sort(), keccak) }
}

function digestOf(hashes: readonly string[], keccak: Keccak): string {
  return bytesToHex(keccak.digest(Buffer.from(hashes.join(''), 'hex')))
}
