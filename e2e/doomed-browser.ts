/**
 * A Chromium killed as an operating system kills: all processes at once, in the middle of their work. The profile
 * stays, and the next browser starts on the same profile.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, chromium, type Page } from '@playwright/test'
import { CHROMIUM_FLAGS, systemChromium } from './chromium.ts'

const FLAGS = [
  '--headless=new',
  '--remote-debugging-port=0',
  '--no-default-browser-check',
  '--disable-extensions',
  // The flags of Playwright: a page without a viewer runs all the same.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
]
/** A file written by Chromium when the debugging port is open: the port, on a line of its own. */
const PORT_FILE = 'DevToolsActivePort'
const START_MS = 30_000
const POLL_MS = 20

export class DoomedBrowser {
  readonly #process: ChildProcess
  readonly #browser: Browser

  private constructor(child: ChildProcess, browser: Browser) {
    this.#process = child
    this.#browser = browser
  }

  /** Starts on `profile`, which may hold data of an earlier browser. */
  static async launch(profile: string): Promise<DoomedBrowser> {
    await rm(join(profile, PORT_FILE), { force: true })
    const executable = systemChromium() ?? chromium.executablePath()
    const args = [...CHROMIUM_FLAGS, ...FLAGS, `--user-data-dir=${profile}`, 'about:blank']
    // Detached: a process group of its own, so the whole browser can be killed and nothing else.
    const child = spawn(executable, args, { stdio: 'ignore', detached: true })
    await once(child, 'spawn')
    try {
      return new DoomedBrowser(child, await chromium.connectOverCDP(`http://127.0.0.1:${await portOf(profile)}`))
    } catch (error) {
      killGroup(child)
      throw error
    }
  }

  async open(url: string): Promise<Page> {
    const page = await this.#browser.contexts()[0]!.newPage()
    await page.goto(url)
    await page.waitForFunction(() => window.e2e !== undefined)
    return page
  }

  /** Sends signal 9 to every process of the browser. Resolves when all have ended. May be called twice. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    killGroup(this.#process)
    await gone
    await this.#browser.close().catch(() => {}) // only our end of the connection is left
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

/** Returns the port. Only a file tells the port, so the file's appearance has to be awaited. */
async function portOf(profile: string): Promise<string> {
  for (let waitedMs = 0; waitedMs < START_MS; waitedMs += POLL_MS) {
    const text = await readFile(join(profile, PORT_FILE), 'utf8').catch(() => '')
    const [port, path] = text.split('\n')
    if (port && path) return port
    await pause(POLL_MS)
  }
  throw new Error(`Chromium did not start within ${START_MS} ms`)
}
