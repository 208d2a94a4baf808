/**
 * The test command: builds, checks types and style, and runs every test, in Node, in Chromium, and end to end. Prints
 * the counts in its last line: `412 passed, 0 failed`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { systemChromium } from './chromium.ts'
import type { CommandLine } from './own-network.ts'
import { webrtcTests } from './webrtc-tests.ts'

interface Tally {
  passed: number
  failed: number
  skipped: number
}

/** Runs a package's command and shows its output. Returns true after success. */
function run(command: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  console.log(`\n$ ${command} ${args.join(' ')}`)
  const result = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  return result.status === 0
}

/** Makes sure of a Chromium: downloads Playwright's own, or says which package to install. */
function ensureChromium(): boolean {
  if (systemChromium() !== undefined || existsSync(chromium.executablePath())) return true
  console.log("No Chromium found; trying Playwright's own.")
  if (run('npx', ['playwright', 'install', 'chromium'])) return true
  console.error(
    'No Chromium. Install the package `chromium` (Debian, Ubuntu: `apt-get install chromium`), or set CHROMIUM_PATH.',
  )
  return false
}

function readReport<T>(file: string): T | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null
}

function vitestTally(file: string): Tally | null {
  const report = readReport<{ numPassedTests: number; numFailedTests: number; numPendingTests: number }>(file)
  return report && { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests }
}

function playwrightTally(file: string): Tally | null {
  const report = readReport<{ stats: { expected: number; unexpected: number; flaky: number; skipped: number } }>(file)
  if (report === null) return null
  const { expected, unexpected, flaky, skipped } = report.stats
  return { passed: expected, failed: unexpected + flaky, skipped }
}

/** Returns the tally of a step. A step without a count counts as one test. */
function tallyOf(isGood: boolean, counted: Tally | null): Tally {
  const one = { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 }
  if (counted === null) return one
  return { ...counted, failed: isGood ? counted.failed : Math.max(1, counted.failed) }
}

const reports = mkdtempSync(join(tmpdir(), 'rootlight-test-'))
try {
  const vitest = join(reports, 'vitest.json')
  const tallies: Tally[] = []
  const step = (isGood: boolean, counted: Tally | null = null) => tallies.push(tallyOf(isGood, counted))
  step(ensureChromium())
  step(run('npm', ['run', 'build']))
  step(run('npm', ['run', 'check']))
  step(run('npm', ['run', 'size']))
  const unit = run('npx', ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitest}`])
  step(unit, vitestTally(vitest))
  const e2e = (name: string, [command, ...args]: CommandLine) => {
    const report = join(reports, `${name}.json`)
    step(run(command, args, { PLAYWRIGHT_JSON_OUTPUT_FILE: report }), playwrightTally(report))
  }
  const reporter = '--reporter=list,json'
  e2e('main', ['npx', 'playwright', 'test', '-c', 'e2e', '--project=main', reporter])
  e2e('webrtc', webrtcTests([reporter]))
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0)
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
  process.exitCode = sum('failed') > 0 ? 1 : 0
} finally {
  rmSync(reports, { recursive: true, force: true })
}
