import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { LOAD_TIMEOUT_MS, MAX_RELOAD_MS } from './constants.ts'
import { keepTrying } from './keep-trying.ts'
import { LazyPart } from './lazy-part.ts'

let told: MockInstance<typeof console.error>

beforeEach(() => {
  told = vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => told.mockRestore())

/** Returns a part and its number of attempts. The import fails `failures` times. */
function failing(failures: number) {
  const attempts = { count: 0 }
  const part = new LazyPart('the part', async () => {
    if (attempts.count++ < failures) throw new TypeError('no such file')
    return { loaded: true }
  })
  return { part, attempts }
}

describe('LazyPart', () => {
  test('default: loads once, however often it is asked', async () => {
    const { part, attempts } = failing(0)
    expect(attempts.count).toBe(0)
    const [one, other] = await Promise.all([part.load(), part.load()])
    expect([one === other, attempts.count, (await part.load()) === one]).toEqual([true, 1, true])
    expect(told).not.toHaveBeenCalled()
  })

  test('error: a coded one with the cause, and the next load tries again', async () => {
    const { part, attempts } = failing(2)
    const cause = new TypeError('no such file')
    const error = { code: 'loadFailed', details: { part: 'the part', message: 'no such file' }, cause }
    await expect(part.load()).rejects.toMatchObject(error)
    await expect(Promise.all([part.load(), part.load()])).rejects.toMatchObject(error)
    expect(attempts.count).toBe(2)
    expect(await part.load()).toEqual({ loaded: true })
  })

  test('behavior: the developer reads of it once', async () => {
    const { part } = failing(3)
    for (let i = 0; i < 3; i++) await part.load().catch(() => {})
    expect(told.mock.calls).toEqual([['rootlight: the part could not be loaded: no such file']])
  })

  test('error: in bounded time where nothing comes, and what comes later is used', async () => {
    const clock = new ManualClock()
    let arrive = (_: number) => {}
    let imports = 0
    const never = () => {
      imports++
      return new Promise<number>((resolve) => {
        arrive = resolve
      })
    }
    const part = new LazyPart('the part', never, clock)
    const first = part.load().catch((error) => error)
    await clock.pass(LOAD_TIMEOUT_MS)
    expect(await first).toMatchObject({ code: 'loadFailed', details: { part: 'the part' } })
    const second = part.load()
    arrive(7)
    expect([await second, await part.load(), imports, clock.pending]).toEqual([7, 7, 1, []])
  })

  test('behavior: where a browser remembers a failed fetch, the second attempt is another module to it', async () => {
    const url = 'data:text/javascript,export default 7'
    const fails = () => Promise.reject(new TypeError(`Failed to fetch dynamically imported module: ${encodeURI(url)}`))
    const part = new LazyPart<{ default: number }>('the part', fails)
    await expect(part.load()).rejects.toMatchObject({ code: 'loadFailed' })
    expect((await part.load()).default).toBe(7)
  })

  test('error: a part that is made of another one is not that one’s module', async () => {
    const url = 'data:text/javascript,export default 7'
    let failures = 0
    const module = new LazyPart('the module', async () => {
      if (failures++ < 4) throw new TypeError(`Failed to fetch dynamically imported module: ${encodeURI(url)}1;;(`)
      return { make: () => 'made' }
    })
    const part = new LazyPart('the part', async () => (await module.load()).make())
    for (let i = 0; i < 4; i++) await expect(part.load()).rejects.toMatchObject({ code: 'loadFailed' })
    expect(await part.load()).toBe('made')
    expect(told).toHaveBeenCalledTimes(1)
  })
})

describe('keepTrying', () => {
  function setUp(failures: number) {
    const { part, attempts } = failing(failures)
    const clock = new ManualClock()
    const abort = new AbortController()
    const listeners = new Set<() => void>()
    const watch = (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
    const seen: unknown[] = []
    const onFailure = (error: unknown) => seen.push((error as { code: string }).code)
    const done = keepTrying(() => part.load(), { clock, signal: abort.signal, onFailure, watch })
    return { attempts, clock, abort, listeners, seen, done }
  }

  test('default: pauses between attempts, each twice as long, and no longer than is of use', async () => {
    const { clock, attempts, done, seen, listeners } = setUp(8)
    const pauses: number[] = []
    for (;;) {
      await settle()
      const [next] = clock.pending
      if (next === undefined) break
      pauses.push(next)
      clock.advance(next)
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, MAX_RELOAD_MS, MAX_RELOAD_MS, MAX_RELOAD_MS])
    expect([attempts.count, seen.length, listeners.size]).toEqual([9, 8, 0])
    expect(await done).toEqual({ loaded: true })
  })

  test('behavior: at once when the machine is online again', async () => {
    const { attempts, listeners, done, clock } = setUp(1)
    await settle()
    for (const listener of listeners) listener()
    expect(await done).toEqual({ loaded: true })
    expect([attempts.count, clock.now(), clock.pending]).toEqual([2, 0, []])
  })

  test('error: the reason of the signal, and nothing is tried any more', async () => {
    const { attempts, abort, done, clock } = setUp(9)
    await settle()
    abort.abort(new Error('enough'))
    await expect(done).rejects.toThrow('enough')
    expect([attempts.count, clock.pending]).toEqual([1, []])
  })

  test('error: a signal aborted by the listener of a failure ends it at once, without a pause', async () => {
    const clock = new ManualClock()
    const abort = new AbortController()
    const onFailure = () => abort.abort(new Error('enough'))
    const attempt = async () => {
      throw new Error('no')
    }
    const watch = () => () => {}
    const done = keepTrying(attempt, { clock, signal: abort.signal, onFailure, watch })
    await expect(done).rejects.toThrow('enough')
    expect(clock.pending).toEqual([])
  })
})
