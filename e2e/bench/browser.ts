/** A headless Chromium with a profile on disk, and one page with its workers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { chromium } from 'playwright'
import { CHROMIUM_FLAGS, systemChromium } from '../chromium.ts'
import { Cdp } from './cdp.ts'

const FLAGS = ['--headless=new', '--remote-debugging-pipe', '--no-default-browser-check', '--disable-extensions']

/** The session for commands to one thread of a page. */
export interface Thread {
  readonly kind: 'window' | 'worker'
  readonly sessionId: string
}

export interface LaunchOptions {
  /** The directory of a kept profile, which may hold data of an earlier browser. Left out: an empty profile. */
  readonly kept?: string
  /** A command that runs the browser's command, such as `nice`. */
  readonly by?: readonly string[]
}

export class Browser {
  readonly cdp: Cdp
  readonly #process: ChildProcess
  /** The profile to delete with the browser; `null`: the profile is kept. */
  readonly #profile: string | null

  private constructor(child: ChildProcess, profile: string | null) {
    this.#process = child
    this.#profile = profile
    this.cdp = new Cdp(child.stdio[4] as Readable, child.stdio[3] as Writable)
  }

  static async launch({ kept, by = [] }: LaunchOptions = {}): Promise<Browser> {
    const profile = kept ?? (await mkdtemp(join(tmpdir(), 'rootlight-bench-')))
    const args = [...CHROMIUM_FLAGS, ...FLAGS, `--user-data-dir=${profile}`, 'about:blank']
    const executable = systemChromium() ?? chromium.executablePath()
    const [command, ...rest] = [...by, executable, ...args] as [string, ...string[]]
    const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
    await once(child, 'spawn')
    return new Browser(child, kept === undefined ? profile : null)
  }

  async version(): Promise<string> {
    return (await this.cdp.send<{ product: string }>('Browser.getVersion')).product
  }

  /** Opens `url` and waits until the page has loaded. */
  async openPage(url: string): Promise<Page> {
    const { targetId } = await this.cdp.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
    const attach = { targetId, flatten: true }
    const { sessionId } = await this.cdp.send<{ sessionId: string }>('Target.attachToTarget', attach)
    const page = new Page(this.cdp, sessionId)
    await page.open(url)
    return page
  }

  async close(): Promise<void> {
    const exited = this.#process.exitCode === null ? once(this.#process, 'exit') : Promise.resolve()
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), 5_000)
    this.cdp.send('Browser.close').catch(() => {}) // it may end before it answers
    await exited
    clearTimeout(killer)
    if (this.#profile === null) return
    // Helper processes may write a last file while the directory goes.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

export class Page {
  readonly #cdp: Cdp
  readonly #threads: Thread[]
  /** Uncaught errors; `null`: not watched. */
  #uncaught: string[] | null = null

  constructor(cdp: Cdp, sessionId: string) {
    this.#cdp = cdp
    this.#threads = [{ kind: 'window', sessionId }]
  }

  /** The window first, then its running workers, in the order of their start. */
  get threads(): readonly Thread[] {
    return this.#threads
  }

  async open(url: string): Promise<void> {
    this.#cdp.on('Target.attachedToTarget', (params) => this.#attached(params as AttachedTarget))
    this.#cdp.on('Target.detachedFromTarget', (params) => this.#detached(params as Thread))
    const loaded = new Promise<void>((resolve) => this.#cdp.on('Page.loadEventFired', () => resolve()))
    await this.#send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true })
    await this.#send('Page.enable')
    await this.#send('Page.navigate', { url })
    await loaded
    await this.#send('Page.disable')
  }

  /** Evaluates an expression in the window and awaits the result. Rejects with the error thrown there. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await this.#send<Evaluation>('Runtime.evaluate', options)
    if (exceptionDetails === undefined) return result.value as T
    throw new Error(textOf(exceptionDetails))
  }

  /** From now on, collects uncaught errors and rejections of the window and all workers in the returned list. */
  async watchUncaught(): Promise<readonly string[]> {
    const uncaught: string[] = []
    this.#uncaught = uncaught
    this.#cdp.on('Runtime.exceptionThrown', (params) => uncaught.push(textOf((params as Thrown).exceptionDetails)))
    this.#cdp.on('Inspector.targetCrashed', () => uncaught.push('the page has crashed'))
    await this.#send('Inspector.enable')
    await Promise.all(this.#threads.map((thread) => this.#watch(thread)))
    return uncaught
  }

  async #watch({ sessionId }: Thread): Promise<void> {
    await this.#cdp.send('Runtime.enable', {}, sessionId).catch(() => {}) // a worker that has just ended
  }

  #send<T>(method: string, params: object = {}): Promise<T> {
    return this.#cdp.send<T>(method, params, this.#threads[0]!.sessionId)
  }

  #attached({ sessionId, targetInfo }: AttachedTarget): void {
    if (targetInfo.type !== 'worker') return
    const thread: Thread = { kind: 'worker', sessionId }
    this.#threads.push(thread)
    if (this.#uncaught !== null) void this.#watch(thread)
  }

  #detached({ sessionId }: Pick<Thread, 'sessionId'>): void {
    const at = this.#threads.findIndex((thread) => thread.sessionId === sessionId)
    if (at > 0) this.#threads.splice(at, 1)
  }
}

function textOf({ text, exception }: ExceptionDetails): string {
  return exception?.description ?? text
}

interface AttachedTarget {
  readonly sessionId: string
  readonly targetInfo: { readonly type: string }
}

interface ExceptionDetails {
  readonly text: string
  readonly exception?: { readonly description?: string }
}

interface Thrown {
  readonly exceptionDetails: ExceptionDetails
}

interface Evaluation {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: ExceptionDetails
}
