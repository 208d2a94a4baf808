/**
 * `npm run mutants`: breaks a copy of the source in each way that a patch beside this file describes, runs the tests of the
 * engine on it, and says which test noticed. The first line of a patch says what it breaks; a second one, `# tests: FOLDER…`,
 * names other tests than those of `src/sync`. A mutant that no test notices is a missing test, and a patch that does not
 * apply any more has to be written again: either fails the command.
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
/** What the tests of the engine need of the repository. */
const NEEDED = /^(src\/|e2e\/chromium\.ts$|package\.json$|tsconfig.*\.json$|vite\.config\.ts$)/
const USUAL_TESTS = 'src/sync'
/** Random histories a run: enough to notice, few enough for all mutants to take minutes. */
const SEEDS = '60'
/** A run that takes so many times as long as without a mutant waits for what never comes. */
const HANG_TIMES = 4
/** The same for the run without a mutant. */
const MAX_MS = 900_000

/** The title of the first test that failed, or `null` if all passed. */
async function firstFailure(folder: string, tests: string, hangMs: number): Promise<string | null> {
  const args = ['vitest', 'run', '--project', 'node', '--bail=1', '--reporter=json', ...tests.split(' ')]
  // Detached: a group of its own, so that whatever hangs can be ended with all that it has started.
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
  /** Which tests are run on it. */
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

/** How long the tests take without a mutant. Rejects if one fails. */
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
