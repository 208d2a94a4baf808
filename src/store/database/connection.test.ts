/** Tests for reopening a connection, and for giving up. In a real Chromium: `connection.browser.test.ts`. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { REOPEN_TRIES, USE_TRIES } from '../constants.ts'
import { StoreError } from '../errors.ts'
import { type ClosedReason, Connection } from './connection.ts'
import type { StateDatabase } from './schema.ts'

/** A database reduced to the part used by a connection: open or closed. */
class FakeDatabase {
  isOpen = true
  readonly number: number

  constructor(number: number) {
    this.number = number
  }

  close(): void {
    this.isOpen = false
  }
}

/** The outcome of each opening, in order; after the last one, openings give databases. */
let outcomes: unknown[]
let opened: FakeDatabase[]
let reasons: ClosedReason[]

const aborted = () => new DOMException('The connection was closed.', 'AbortError')
const last = () => opened.at(-1)! as unknown as StateDatabase

async function open(): Promise<StateDatabase> {
  const outcome = outcomes.shift()
  if (outcome !== undefined) throw outcome
  opened.push(new FakeDatabase(opened.length))
  return last()
}

/** Returns the number of the database used. A closed database throws, as in IndexedDB. */
async function operate(database: StateDatabase): Promise<number> {
  const { isOpen, number } = database as unknown as FakeDatabase
  if (!isOpen) throw new DOMException('closed', 'InvalidStateError')
  return number
}

async function connect(): Promise<Connection> {
  const connection = new Connection({ open, onClosed: (reason) => reasons.push(reason) })
  await connection.open()
  return connection
}

beforeEach(() => {
  vi.useFakeTimers()
  outcomes = []
  opened = []
  reasons = []
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Connection', () => {
  test('default: an operation that meets a closed connection is done on a new one', async () => {
    const connection = await connect()
    opened[0]!.close()
    expect(await connection.use(operate)).toBe(1)
    expect(reasons).toEqual([])
  })

  test('behavior: openings that the browser aborts are tried again, the first one, too', async () => {
    outcomes = [aborted(), aborted()]
    const connecting = connect()
    await vi.runAllTimersAsync()
    const connection = await connecting
    outcomes = Array.from({ length: REOPEN_TRIES - 1 }, aborted)
    connection.meetTermination(last())
    const used = connection.use(operate)
    await vi.runAllTimersAsync()
    expect(await used).toBe(1)
    expect(reasons).toEqual([])
  })

  test.each([
    ['it aborts every try', () => Array.from({ length: REOPEN_TRIES }, aborted), 'terminated'],
    ['it fails', () => [new StoreError('databaseFailed', 'failed')], 'terminated'],
    ['another tab holds it', () => [new StoreError('databaseBlocked', 'held')], 'terminated'],
    ['another tab has upgraded it', () => [new StoreError('databaseTooNew', 'newer')], 'versionchange'],
    ['it is another database', () => [new StoreError('databaseGone', 'gone')], 'evicted'],
  ] as const)('error: it is given up, once and with a reason, where %s', async (_, failures, reason) => {
    const connection = await connect()
    outcomes = failures()
    opened[0]!.close()
    const uses = Promise.allSettled([connection.use(operate), connection.use(operate)])
    await vi.runAllTimersAsync()
    for (const use of await uses) {
      expect(use).toMatchObject({ reason: { code: 'databaseClosed', details: { reason } } })
    }
    expect(reasons).toEqual([reason])
    await expect(connection.use(operate)).rejects.toMatchObject({ code: 'databaseClosed' })
    expect(opened).toHaveLength(1)
  })

  test('behavior: an operation that fails on the new connection, too, is not repeated for ever', async () => {
    const connection = await connect()
    let times = 0
    const failing = async () => {
      times++
      throw aborted()
    }
    const used = expect(connection.use(failing)).rejects.toMatchObject({ code: 'databaseClosed' })
    await vi.runAllTimersAsync()
    await used
    expect(times).toBe(USE_TRIES)
  })

  test.each([
    'UnknownError',
    'AbortError',
    'InvalidStateError',
    'TransactionInactiveError',
    'TimeoutError',
    'SomeNewError',
  ])(
    'behavior: an operation that fails with %s is done on a new connection, and opened again as often as it takes',
    async (name) => {
      const connection = await connect()
      const failure = new DOMException('Connection to Indexed Database server lost', name)
      outcomes = Array.from({ length: REOPEN_TRIES - 1 }, () => failure)
      let times = 0
      const used = connection.use(async (database) => {
        if (times++ < USE_TRIES - 1) throw failure
        return operate(database)
      })
      await vi.runAllTimersAsync()
      expect(await used).toBe(2)
      expect(reasons).toEqual([])
    },
  )

  test.each(['QuotaExceededError', 'ConstraintError', 'DataCloneError', 'ReadOnlyError', 'VersionError'])(
    'error: an operation that fails with %s is not done again',
    async (name) => {
      const connection = await connect()
      let times = 0
      const used = connection.use(async () => {
        times++
        throw new DOMException('as the browser says', name)
      })
      await expect(used).rejects.toMatchObject({ cause: { name } })
      expect([times, opened.length]).toEqual([1, 1])
    },
  )

  test('behavior: the end of a connection that was replaced is of no interest', async () => {
    const connection = await connect()
    const first = last()
    connection.meetTermination(first)
    expect(await connection.use(operate)).toBe(1)
    connection.meetTermination(first)
    expect(await connection.use(operate)).toBe(1)
  })

  test('behavior: closed while it is opened again, it leaves no connection open', async () => {
    const connection = await connect()
    connection.meetTermination(last())
    connection.close()
    connection.close()
    await vi.runAllTimersAsync()
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false, false])
    await expect(connection.use(operate)).rejects.toMatchObject({ code: 'databaseClosed' })
    expect(reasons).toEqual([])
  })
})
