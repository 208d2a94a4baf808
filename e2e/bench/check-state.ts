/** In a page: what a client has after a sync is the whole state that it asked for. */
import type { LightClient, SyncProgress } from '../../src/index.ts'
import type { ExpectedState } from './page-contract.ts'

export interface WholeState extends Pick<ExpectedState, 'nodes' | 'bytes' | 'codes' | 'samples'> {
  readonly root: string
}

/** Rejects unless all of `expected` is on disk; `last` is what the sync told at its end. */
export async function checkState(client: LightClient, last: SyncProgress, expected: WholeState): Promise<void> {
  same('nodes', last.nodes, expected.nodes)
  same('bytes', last.bytes, expected.bytes)
  same('codes', last.codes, expected.codes)
  const { complete } = await client.status()
  same('complete root', complete?.root, expected.root)
  for (const { address, balance } of expected.samples) {
    const { value } = await client.getAccount(address)
    same(`balance of ${address}`, String(value?.balance), balance)
  }
}

function same(what: string, got: unknown, expected: unknown): void {
  if (got !== expected) throw new Error(`${what}: got ${got}, expected ${expected}`)
}
