/** The records in an IndexedDB database, through `idb`. Runs in a worker or in the window. */
import type { IDBPObjectStore } from 'idb'
import { READ_TRIES } from '../constants.ts'
import { checkFence, StoreError } from '../errors.ts'
import type { Operation, RecordStore, RecordTypes } from '../format/record-types.ts'
import type { Connection } from './connection.ts'
import { isUnreadable } from './database-error.ts'
import type { Durability, Records } from './records.ts'
import type { StateDatabase, StateSchema } from './schema.ts'

/** Owns its connection: closing the records closes the connection. */
export class DatabaseRecords implements Records {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown> {
    return this.#connection.use(async (database) => {
      for (let tries = 1; ; tries++) {
        try {
          return await read(database, store, (records) => records.get(idbKey(key)))
        } catch (cause) {
          if (!isUnreadable(cause)) throw cause
          // For `undefined` the caller takes the record for lost and drops it, so try again: a file may open the second
          // time.
          if (tries === READ_TRIES) return undefined
        }
      }
    })
  }

  keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]> {
    return this.#connection.use(async (database) => {
      const keys = await read(database, store === 'pages' ? 'pageKeys' : store, (records) => records.getAllKeys())
      return keys.map(recordKey) as RecordTypes[S]['key'][]
    })
  }

  async write(operations: readonly Operation[], durability: Durability): Promise<void> {
    if (operations.length === 0) return
    await this.#connection.use((database) => runTransaction(database, operations, durability))
  }

  close(): void {
    this.#connection.close()
  }
}

/**
 * The object store `pageKeys` exists for listing. Pages have the largest size a browser keeps beside the key, so
 * listing the keys of `pages` would read them all.
 */
type ObjectStore = RecordStore | 'pageKeys'

type RecordReader = IDBPObjectStore<StateSchema, [ObjectStore], ObjectStore, 'readonly'>

function read<T>(
  database: StateDatabase,
  store: ObjectStore,
  request: (records: RecordReader) => Promise<T>,
): Promise<T> {
  const transaction = database.transaction(store)
  // If the browser takes the connection, both the request and the transaction reject; only the request is awaited.
  transaction.done.catch(() => {})
  const answer = request(transaction.store)
  transaction.commit()
  return answer
}

/**
 * Commits as soon as the fence is checked, or at once. Without an explicit commit, a transaction ends only after this
 * thread has heard of its last request. If this thread stands still, another tab taking over would wait until the
 * browser gives up, a minute in Chromium.
 */
async function runTransaction(
  database: StateDatabase,
  operations: readonly Operation[],
  durability: Durability,
): Promise<void> {
  const stores = new Set<ObjectStore>(operations.map((operation) => operation.store))
  if (stores.has('pages')) stores.add('pageKeys')
  const transaction = database.transaction([...stores], 'readwrite', { durability })
  const request = (operation: Operation): Promise<unknown> => {
    const store = transaction.objectStore(operation.store)
    if (operation.kind === 'clear') return store.clear()
    const key = idbKey(operation.key)
    if (operation.kind === 'expect') {
      return store.get(key).then((found) => {
        checkFence(operation, found)
        transaction.commit()
      })
    }
    return operation.kind === 'delete' ? store.delete(key) : store.put(idbValue(operation.value), key)
  }
  const requestOfKey = (operation: Operation): Promise<unknown> => {
    const store = transaction.objectStore('pageKeys')
    if (operation.kind === 'clear') return store.clear()
    return operation.kind === 'delete' ? store.delete(idbKey(operation.key)) : store.put(1, idbKey(operation.key))
  }
  const requests: Promise<unknown>[] = []
  try {
    for (const operation of operations) {
      requests.push(request(operation))
      if (operation.store === 'pages') requests.push(requestOfKey(operation))
    }
    if (!operations.some(({ kind }) => kind === 'expect')) transaction.commit()
  } catch (cause) {
    // A throwing request leaves its transaction alive, and earlier requests would be carried out.
    transaction.abort()
    await Promise.allSettled([...requests, transaction.done])
    throw cause
  }
  try {
    // Requests first: when one fails, `done` rejects too, but without the reason.
    await Promise.all([...requests, transaction.done])
  } catch (cause) {
    // For the browser a refusal is no failure: later requests of the write are still under way.
    if (cause instanceof StoreError) transaction.abort()
    // Wait for the transaction only: after a commit without room, Chromium never settles some of the requests.
    await transaction.done.catch(() => {})
    throw cause
  }
}

/** Narrows a key to the type wanted by IndexedDB: bytes are never shared memory here. */
function idbKey(key: Uint8Array | string): string & Uint8Array<ArrayBuffer> {
  return key as string & Uint8Array<ArrayBuffer>
}

function recordKey(key: unknown): Uint8Array | string {
  return key instanceof ArrayBuffer ? new Uint8Array(key) : String(key)
}

/** Copies a view of a larger buffer: a structured clone would take the whole buffer along. */
function idbValue<V>(value: V): V {
  if (!(value instanceof Uint8Array) || value.byteLength === value.buffer.byteLength) return value
  return new Uint8Array(value) as V & Uint8Array
}
