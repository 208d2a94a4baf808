/**
 * `npm run mutants`: makes a mutant of a copy of the source with each patch beside this file. The engine's tests run on
 * every mutant, and the command names the test noticing the fault. The first line of a patch says what breaks. A second
 * line, `# tests: FOLDER…`, names other tests than `src/sync`. The command fails if no test notices a mutant, because a
 * test is missing. An outdated patch, which no longer applies, fails the command as well and has to be written again.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PATCHES = dirname(fileURLToPath(import.meta.url))
const REPOSITORY = join(PATCHES, '../../..')
/** Files of the repository needed by the engine's tests. */
const NEEDED = /^(src\/|e2e\/chromium\.ts$|package\.json$|tsconfig.*\.json$|vite\.config\.ts$)/
const USUAL_TESTS = 'src/sync'
/** Random histories in a run: enough to notice a fault, few enough to finish all mutants within minutes. */
const SEEDS = '60'
/** Factor on the duration without a mutant. A run taking longer hangs. */
const HANG_TIMES = 4
/** Time limit of the run without a mutant, in milliseconds. */
const MAX_MS = 900_000

/** Returns the title of the first failed test, or `null` if all passed. */
async function firstFailure(folder: string, tests: string, hangMs: number): Promise<string | null> {
  const args = ['vitest', 'run', '--project', 'node', '--bail=1', '--reporter=json', ...tests.split(' ')]
  // Detached: the child leads a process group of its own, so that one kill ends a hanging child and all its children.
  const child = spawn('npx', args, {
    cwd: folder,
    env: { ...process.env, SEEDS },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let report = ''
  child.stdout.on('data', (chunk: Buffer) => {
    report += chunk.toString()
  })
  let hangs = false
  const timer = setTimeout(() => {
    hangs = true
    process.kill(-child.pid!, 'SIGKILL')
  }, hangMs)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  if (hangs) return 'the tests hang'
  return code === 0 ? null : failedTitle(report)
}

function failedTitle(report: string): string {
  const { testResults } = JSON.parse(report.slice(report.indexOf('{'))) as {
    testResults: { name: string; assertionResults: { status: string; fullName: string }[] }[]
  }
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed')
  return failed?.fullName ?? 'a test file does not load'
}

async function copyTo(folder: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: REPOSITORY })
  for (const file of stdout.split('\n').filter((name) => NEEDED.test(name))) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(REPOSITORY, file), join(folder, file))
  }
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
}

interface Verdict {
  readonly mutant: string
  readonly breaks: string
  readonly caughtBy: string | null
}

interface Mutant {
  readonly patch: string
  readonly breaks: string
  /** Folders of the tests to run on the mutant. */
  readonly tests: string
}

async function readMutant(patch: string): Promise<Mutant> {
  const [first = '', second = ''] = (await readFile(join(PATCHES, patch), 'utf8')).split('\n', 2)
  const tests = /^# tests: (.+)$/.exec(second)?.[1] ?? USUAL_TESTS
  return { patch, breaks: first.replace(/^# /, ''), tests }
}

async function judge(folder: string, { patch, breaks, tests }: Mutant, hangMs: number): Promise<Verdict> {
  const file = join(PATCHES, patch)
  const apply = (...options: string[]) => run('git', ['apply', ...options, file], { cwd: folder })
  await apply()
  const caughtBy = await firstFailure(folder, tests, hangMs)
  await apply('--reverse')
  console.log(`${caughtBy === null ? 'SURVIVES' : 'caught  '}  ${patch}: ${breaks}\n          ${caughtBy ?? ''}`)
  return { mutant: patch.replace('.patch', ''), breaks, caughtBy }
}

/** Measures how long the tests take without a mutant, in milliseconds. Rejects if a test fails. */
async function unbrokenMs(folder: string, tests: string): Promise<number> {
  const start = performance.now()
  const failure = await firstFailure(folder, tests, MAX_MS)
  if (failure !== null) throw new Error(`without a mutant this fails already: ${failure}`)
  return performance.now() - start
}

const only = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'rootlight-mutants-'))
try {
  await copyTo(folder)
  const patches = (await readdir(PATCHES)).filter((name) => name.endsWith('.patch')).sort()
  const verdicts: Verdict[] = []
  const hangMs = new Map<string, number>()
  for (const patch of patches.filter((name) => only.length === 0 || only.some((part) => name.includes(part)))) {
    const mutant = await readMutant(patch)
    const { tests } = mutant
    if (!hangMs.has(tests)) hangMs.set(tests, HANG_TIMES * (await unbrokenMs(folder, tests)))
    verdicts.push(await judge(folder, mutant, hangMs.get(tests)!))
  }
  const survivors = verdicts.filter(({ caughtBy }) => caughtBy === null)
  console.log(`\n| mutant | what it breaks | caught by |\n|---|---|---|`)
  for (const { mutant, breaks, caughtBy } of verdicts) console.log(`| ${mutant} | ${breaks} | ${caughtBy ?? '–'} |`)
  console.log(`\n${verdicts.length - survivors.length} of ${verdicts.length} mutants are caught`)
  process.exitCode = survivors.length > 0 ? 1 : 0
} finally {
  await rm(folder, { recursive: true, force: true })
}
