/**
 * The Chromium of the tests, the benchmarks and the browser suites, and its flags: Debian's package where installed,
 * else Playwright's own download.
 */
import { existsSync } from 'node:fs'

/** Flags that keep a headless Chromium quiet on a machine without a display, a GPU or an open network. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const SYSTEM_CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Returns the path of an installed Chromium, or `undefined` for Playwright's own. */
export function systemChromium(): string | undefined {
  return [process.env['CHROMIUM_PATH'], ...SYSTEM_CHROMIUM].find((path) => path !== undefined && existsSync(path))
}

/** Returns launch options for Playwright and Vitest. */
export function launchOptions(): { args: string[]; executablePath?: string } {
  const executablePath = systemChromium()
  return executablePath === undefined ? { args: CHROMIUM_FLAGS } : { args: CHROMIUM_FLAGS, executablePath }
}
