/**
 * Tabs of one origin in one process, in the hands of a test: locks, channel and clocks. A test can kill a tab, and no
 * other tab is told. A test can freeze a tab: then no event reaches the tab before the test thaws the tab.
 */
import type { ChannelPort, TabMessage } from '../worker/tabs/tab-channel.ts'
import type { Locks } from '../worker/tabs/writer-lock.ts'
import { ManualClock, settle } from './manual-clock.ts'

/** One tab's thread. */
export class FakeTab {
  readonly clock = new ManualClock()
  readonly locks: Locks
  readonly name: string
  readonly #origin: FakeOrigin
  /** Tasks missed while frozen; `null` while the tab is not frozen. */
  #missed: (() => void)[] | null = null
  #sleptMs = 0
  isAlive = true

  constructor(origin: FakeOrigin, name: string) {
    this.#origin = origin
    this.name = name
    this.locks = { request: (name, options, callback) => origin.request(this, name, options, callback) }
  }

  openChannel(): ChannelPort {
    return this.#origin.openChannel(this)
  }

  /** Ends the tab without a message. The origin releases its locks. */
  kill(): void {
    this.isAlive = false
    this.#origin.forget(this)
  }

  freeze(): void {
    this.#missed = []
  }

  /** Lets a frozen tab go on: timers run late, then all missed events come at once. */
  async thaw(): Promise<void> {
    const missed = this.#missed ?? []
    this.#missed = null
    this.clock.oversleep(this.#sleptMs)
    this.#sleptMs = 0
    for (const task of missed) task()
    await settle()
  }

  /** Runs `task` in this thread, in a microtask: an event from outside. A frozen tab runs `task` after thawing. */
  run(task: () => void): void {
    queueMicrotask(() => {
      if (!this.isAlive) return
      if (this.#missed === null) task()
      else this.#missed.push(task)
    })
  }

  async pass(ms: number): Promise<void> {
    if (this.#missed !== null) this.#sleptMs += ms
    else if (this.isAlive) await this.clock.pass(ms)
  }
}

/** Name of the writer's lock in the tests of tabs. */
const WRITER_LOCK = 'lock'

interface LockRequest {
  readonly tab: FakeTab
  readonly callback: (lock: object | null) => Promise<void> | undefined
  readonly settle: (error?: unknown) => void
}

/** The locks and the channel shared by the tabs. */
export class FakeOrigin {
  readonly #tabs: FakeTab[] = []
  readonly #ports = new Set<FakePort>()
  readonly #locks = new Map<string, FakeLock>()

  open(name: string): FakeTab {
    const tab = new FakeTab(this, name)
    this.#tabs.push(tab)
    return tab
  }

  /** Lets time pass in all tabs, and lets everything settle. */
  async pass(ms: number): Promise<void> {
    for (const tab of this.#tabs) await tab.pass(ms)
    await settle()
  }

  /** Name of the writer tab. */
  get holder(): string | null {
    return this.#lock(WRITER_LOCK).holder
  }

  request(tab: FakeTab, name: string, options: LockOptions, callback: LockRequest['callback']): Promise<unknown> {
    return this.#lock(name).request(tab, options, callback)
  }

  openChannel(tab: FakeTab): ChannelPort {
    const port = new FakePort(tab, (message) => {
      for (const other of this.#ports) if (other !== port) other.receive(message)
    })
    port.onClose = () => this.#ports.delete(port)
    this.#ports.add(port)
    return port
  }

  forget(tab: FakeTab): void {
    for (const port of this.#ports) if (port.tab === tab) this.#ports.delete(port)
    for (const lock of this.#locks.values()) lock.forget(tab)
  }

  #lock(name: string): FakeLock {
    const lock = this.#locks.get(name) ?? new FakeLock()
    this.#locks.set(name, lock)
    return lock
  }
}

/** A Web Lock of one name, as specified. */
class FakeLock {
  #holder: LockRequest | null = null
  #line: LockRequest[] = []

  /** Name of the tab holding the lock. */
  get holder(): string | null {
    return this.#holder?.tab.name ?? null
  }

  request(
    tab: FakeTab,
    { ifAvailable = false, steal = false, signal }: LockOptions,
    callback: LockRequest['callback'],
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settleInTab = (error?: unknown) => {
        tab.run(() => (error === undefined ? resolve(undefined) : reject(error)))
      }
      const request = { tab, callback, settle: settleInTab }
      if (steal) this.#steal(request)
      else if (!ifAvailable) this.#line.push(request)
      else if (this.#holder === null && this.#line.length === 0) this.#line.push(request)
      else tab.run(() => resolve(callback(null)))
      signal?.addEventListener('abort', () => this.#withdraw(request))
      this.#grant()
    })
  }

  forget(tab: FakeTab): void {
    this.#line = this.#line.filter((request) => request.tab !== tab)
    if (this.#holder?.tab === tab) this.#holder = null
    this.#grant()
  }

  #steal(request: LockRequest): void {
    this.#holder?.settle(new DOMException('stolen', 'AbortError'))
    this.#holder = null
    this.#line.unshift(request)
  }

  #withdraw(request: LockRequest): void {
    if (!this.#line.includes(request)) return
    this.#line = this.#line.filter((each) => each !== request)
    request.settle(new DOMException('withdrawn', 'AbortError'))
  }

  #grant(): void {
    const request = this.#holder === null ? this.#line.shift() : undefined
    if (request === undefined) return
    this.#holder = request
    request.tab.run(() => {
      // Another request stole the lock before this tab was told.
      if (this.#holder !== request) return
      void Promise.resolve(request.callback({})).then(() => this.#release(request))
    })
  }

  #release(request: LockRequest): void {
    if (this.#holder !== request) return
    this.#holder = null
    request.settle()
    this.#grant()
  }
}

class FakePort implements ChannelPort {
  readonly tab: FakeTab
  readonly #post: (message: TabMessage) => void
  readonly #listeners: ((event: { readonly data: TabMessage }) => void)[] = []
  onClose = () => {}

  constructor(tab: FakeTab, post: (message: TabMessage) => void) {
    this.tab = tab
    this.#post = post
  }

  postMessage(message: TabMessage): void {
    const copy = structuredClone(message)
    if (this.tab.isAlive) this.#post(copy)
  }

  addEventListener(_: 'message', listener: (event: { readonly data: TabMessage }) => void): void {
    this.#listeners.push(listener)
  }

  receive(message: TabMessage): void {
    this.tab.run(() => {
      for (const listener of this.#listeners) listener({ data: message })
    })
  }

  close(): void {
    this.#listeners.length = 0
    this.onClose()
  }
}
