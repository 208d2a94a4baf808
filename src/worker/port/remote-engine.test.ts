import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { WORKER_CLOSE_MS, WORKER_START_MS } from '../constants.ts'
import type { Engine } from '../engine.ts'
import { createRemoteEngine } from './remote-engine.ts'
import type { FromWorker, ToWorker } from './worker-port.ts'
import { notingUrl } from './worker-url.ts'

const URL_OF_SCRIPT = 'https://wallet.example/assets/worker.js'

/** A worker with the test as its script. */
class ScriptedWorker extends EventTarget {
  readonly received: ToWorker[] = []
  isTerminated = false

  postMessage(message: ToWorker): void {
    this.received.push(message)
  }

  terminate(): void {
    this.isTerminated = true
  }

  say(data: FromWorker): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }

  fail(type: string, message = ''): void {
    this.dispatchEvent(Object.assign(new Event(type), { message }))
  }
}

function setUp() {
  const [worker, clock] = [new ScriptedWorker(), new ManualClock()]
  let outcome: Engine | { readonly code: string } | null = null
  const options = { database: 'd', chainId: 1, peers: [], serve: null }
  const opening = createRemoteEngine({ worker: worker as unknown as Worker, url: URL_OF_SCRIPT }, options, () => {}, {
    clock,
  })
  opening.then(
    (engine) => {
      outcome = engine
    },
    (error) => {
      outcome = error
    },
  )
  return { worker, clock, opening, outcome: () => outcome }
}

describe('createRemoteEngine', () => {
  test('error: a script that never answers is workerDied in bounded time, which names it', async () => {
    const { worker, clock, outcome } = setUp()
    await clock.pass(WORKER_START_MS - 1)
    expect(outcome()).toBe(null)
    await clock.pass(1)
    await settle()
    const message = `the worker ${URL_OF_SCRIPT} has died: its script has not answered for 20 seconds`
    expect(outcome()).toMatchObject({ code: 'workerDied', message, details: { url: URL_OF_SCRIPT } })
    expect(worker.isTerminated).toBe(true)
    expect(clock.pending).toEqual([])
  })

  test('behavior: a machine that slept gives the script its time again', async () => {
    const { clock, outcome } = setUp()
    clock.oversleep(3_600_000)
    await settle()
    expect(outcome()).toBe(null)
    await clock.pass(WORKER_START_MS)
    await settle()
    expect(outcome()).toMatchObject({ code: 'workerDied' })
  })

  test('behavior: a script that answers may take its time to open the database', async () => {
    const { worker, clock, opening } = setUp()
    worker.say({ kind: 'started' })
    await clock.pass(10 * WORKER_START_MS)
    worker.say({ kind: 'opened' })
    expect(await opening).toMatchObject({ sync: expect.any(Function) })
    expect(clock.pending).toEqual([])
  })

  test.each([
    ['error', '', 'its script could not be loaded'],
    ['error', 'SyntaxError: no', 'SyntaxError: no'],
    ['messageerror', '', 'a message of it could not be read'],
  ])('error: %s "%s" ends the worker, and what it was to answer', async (type, message, reason) => {
    const { worker, opening } = setUp()
    worker.say({ kind: 'opened' })
    const engine = await opening
    const call = engine.status()
    worker.fail(type, message)
    await expect(call).rejects.toMatchObject({ code: 'workerDied', details: { reason, url: URL_OF_SCRIPT } })
    await expect(engine.role()).rejects.toMatchObject({ code: 'workerDied' })
    expect(worker.isTerminated).toBe(true)
    await engine.close()
  })

  test('behavior: close ends a worker that is stuck, too', async () => {
    const { worker, clock, opening } = setUp()
    worker.say({ kind: 'opened' })
    const engine = await opening
    const call = engine.status().catch((error) => error)
    const closed = engine.close()
    await clock.pass(WORKER_CLOSE_MS)
    await closed
    expect(worker.isTerminated).toBe(true)
    expect(await call).toMatchObject({ code: 'closed' })
  })
})

describe('notingUrl', () => {
  test('default: the URL of the worker that is constructed, and nothing is left behind', () => {
    class FakeWorker {
      readonly args: unknown[]
      constructor(...args: unknown[]) {
        this.args = args
      }
    }
    const scope = globalThis as { Worker?: unknown }
    scope.Worker = FakeWorker
    try {
      const make = () => new (scope.Worker as typeof FakeWorker)(new URL(URL_OF_SCRIPT), { type: 'module' })
      const { created, url } = notingUrl(make)
      expect(url).toBe(URL_OF_SCRIPT)
      expect(created).toBeInstanceOf(FakeWorker)
      expect(created.args[1]).toEqual({ type: 'module' })
      const fails = () => {
        throw new Error('no')
      }
      expect(() => notingUrl(fails)).toThrow('no')
      expect(scope.Worker).toBe(FakeWorker)
      expect(notingUrl(() => created)).toEqual({ created, url: null })
    } finally {
      delete scope.Worker
    }
  })
})
