/** In a page: checks that a client holds the whole state after a sync. */
import type { LightClient, SyncProgress } from '../../src/index.ts'
import type { ExpectedState } from './page-contract.ts'

export interface WholeState extends Pick<ExpectedState, 'nodes' | 'bytes' | 'codes' | 'samples'> {
  readonly root: string
}

/** Rejects unless all of `expected` is on disk. `last` is the last progress of the sync. */
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
