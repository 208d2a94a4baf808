/**
 * The rule for writing when several tabs have the same database open. Each writer takes the next fencing number in its
 * first transaction. Every later transaction checks for that number. So a writer that lost its place changes nothing
 * any more, however late its writes arrive.
 */
import { isRootlightError } from '../../runtime/error.ts'
import { StoreError } from '../errors.ts'
import { isCount, META_KEY } from '../format/meta.ts'
import type { Operation, RecordStore, RecordTypes } from '../format/record-types.ts'
import type { Durability, Records } from './records.ts'

/** Makes the caller the one writer. From now on, writes through any other fenced records reject with `fenced`. */
export async function takeOver(records: Records): Promise<Records> {
  for (;;) {
    const found = await records.get('meta', META_KEY.fence)
    // A damaged or lost number begins anew.
    const fence = isCount(found) ? found + 1 : 1
    const isUnchanged: Operation[] = isCount(found) ? [expectFence(found)] : []
    try {
      await records.write([...isUnchanged, putFence(fence)], 'strict')
      return new FencedRecords(records, fence)
    } catch (error) {
      // Another writer took over between our read and our write, so we are the later one.
      if (!isRootlightError(error, 'fenced')) throw error
    }
  }
}

/** Returns records for reading only: every write rejects with `fenced`. */
export function withoutWriting(records: Records): Records {
  return new FencedRecords(records, null)
}

class FencedRecords implements Records {
  readonly #records: Records
  /** `null`: another tab is the writer. */
  readonly #fence: number | null

  constructor(records: Records, fence: number | null) {
    this.#records = records
    this.#fence = fence
  }

  get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown> {
    return this.#records.get(store, key)
  }

  keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]> {
    return this.#records.keys(store)
  }

  async write(operations: readonly Operation[], durability: Durability): Promise<void> {
    if (operations.length === 0) return
    if (this.#fence === null) throw new StoreError('fenced', 'only the writer of the database writes to it')
    // A writer that empties the database stays the writer.
    const kept = operations.some(({ kind, store }) => kind === 'clear' && store === 'meta')
      ? [putFence(this.#fence)]
      : []
    return this.#records.write([expectFence(this.#fence), ...operations, ...kept], durability)
  }

  close(): void {
    this.#records.close()
  }
}

function expectFence(value: number): Operation {
  return { kind: 'expect', store: 'meta', key: META_KEY.fence, value }
}

function putFence(value: number): Operation {
  return { kind: 'put', store: 'meta', key: META_KEY.fence, value }
}
