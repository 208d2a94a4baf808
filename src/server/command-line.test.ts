/**
 * Mistakes of an operator, each with the real command as a process of its own. Expects one line, an exit code, and no
 * leftovers.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, watch, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { StateDirectory } from './state-directory.ts'
import { databaseFiles, temporaryDirectory } from './temporary.suite.ts'

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
/** The published form of the command, compiled once; otherwise each of the many processes would compile it. */
const BUILD = join(PACKAGE, 'node_modules', '.cache', `rootlight-command-line-${process.pid}`)
const MAIN = join(BUILD, 'server', 'main.js')
const ADDRESS = `0x${'00'.repeat(20)}`

interface StartOptions {
  /** The process's directory for temporary files. */
  readonly temporary?: string
  readonly stdout?: 'pipe' | 'ignore' | number
}

function start(args: readonly string[], { temporary, stdout = 'pipe' }: StartOptions = {}) {
  const env = temporary === undefined ? process.env : { ...process.env, TMPDIR: temporary }
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', stdout, 'pipe'], env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  const firstLine = new Promise<void>((resolve) => {
    child.stdout?.on('data', (data) => {
      output.stdout += data
      resolve()
    })
  })
  child.stderr!.on('data', (data) => (output.stderr += data))
  const exit = new Promise<number | string | null>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal)),
  )
  return { child, exit, firstLine, output }
}

async function run(args: readonly string[], options?: StartOptions) {
  const { exit, output } = start(args, options)
  return { exitCode: await exit, ...output }
}

const alloc = (fields: string) => `{"alloc":{"${ADDRESS}":${fields}}}`

/** Resolves once a process has made its temporary directory. */
async function newDirectory(parent: string, signal: AbortSignal): Promise<void> {
  for await (const { filename } of watch(parent, { signal })) if (filename?.startsWith('rootlight-')) return
}

/** Changes one byte of the state with this label, in any file. */
async function changeByte(data: string, label: string): Promise<void> {
  const opened = await StateDirectory.open(data)
  const info = (await opened.database.states()).find((state) => state.label === label)!
  const [start] = await opened.database.blockStarts(info.id)
  const part = Buffer.from((await opened.database.block(info.id, start!))!.subarray(1000, 1032))
  await opened.close()
  for (const file of await databaseFiles(data)) {
    const bytes = await readFile(file)
    const found = bytes.indexOf(part)
    if (found < 0) continue
    bytes[found + 7]! ^= 0x10
    await writeFile(file, bytes)
  }
}

let directory: string
const at = (name: string) => join(directory, name)

beforeAll(async () => {
  const tsc = join(PACKAGE, 'node_modules', 'typescript', 'bin', 'tsc')
  const flags = ['--outDir', BUILD, '--declaration', 'false', '--declarationMap', 'false', '--sourceMap', 'false']
  await promisify(execFile)(process.execPath, [tsc, '-p', join(PACKAGE, 'tsconfig.build.json'), ...flags])
  directory = await mkdtemp(join(tmpdir(), 'rootlight-test-'))
  const texts: Record<string, string | Uint8Array> = {
    file: 'text',
    'utf-8.json': Buffer.from('{"alloc":{"\xff":{}}}', 'latin1'),
    'long.json': `{"comment":"${'a'.repeat(6e6)}"}`,
    'deep.json': `{"comment":${'['.repeat(300_000)}`,
    'twice.json': alloc('{"balance":"1","Balance":"2"}'),
    'large.json': alloc(`{"balance":"1","code":"0x${'00'.repeat(2e6)}"}`),
    'zeros.txt': Buffer.alloc(1e6),
  }
  for (const [name, text] of Object.entries(texts)) await writeFile(at(name), text)
  await mkdir(at('damaged'))
  await writeFile(join(at('damaged'), 'identity'), 'no key')
  await mkdir(join(at('unreadable'), 'identity'), { recursive: true })
}, 120_000)

afterAll(async () => {
  for (const path of [directory, BUILD]) await rm(path, { recursive: true, force: true })
})

describe('rootlight', () => {
  const sepolia = ['serve', '--genesis', 'sepolia']
  const CASES: [name: string, args: () => string[], exitCode: number, line: RegExp][] = [
    [
      'a file for a data directory',
      () => [...sepolia, '--data', at('file')],
      1,
      /file as a data directory: it is a file/,
    ],
    ['a file above one', () => ['relay', '--data', join(at('file'), 'x')], 1, /as a data directory: ENOTDIR/],
    ['an empty one', () => [...sepolia, '--data', ''], 2, /--data is empty/],
    ['one below /proc', () => [...sepolia, '--data', '/proc/x'], 1, /\/proc\/x as a data directory/],
    ['one far below /proc', () => ['relay', '--data', '/proc/x/y/z'], 1, /\/proc\/x\/y\/z as a data directory/],
    ['one that is not there', () => ['serve', '--data', at('nowhere')], 1, /nowhere holds no state/],
    ['none to verify', () => ['verify', '--data', at('nowhere')], 1, /nowhere holds no state/],
    ['verify without a directory', () => ['verify'], 2, /verify needs --data/],
    ['a damaged key', () => ['relay', '--data', at('damaged')], 1, /identity is not a private key, or damaged/],
    ['a directory for a key', () => ['relay', '--data', at('unreadable')], 1, /cannot read .*identity: EISDIR/],
    [
      'an address that takes a certificate',
      () => [...sepolia, '--listen', '/ip4/127.0.0.1/tcp/0/wss'],
      1,
      /no certificate/,
    ],
    ['the same at a relay', () => ['relay', '--listen', '/dns4/localhost/tcp/0/tls/ws'], 1, /no certificate/],
    ['an option that is there twice', () => [...sepolia, '--data', 'a', '--data', 'b'], 2, /--data is there twice/],
    ['a flag that is there twice', () => [...sepolia, '--json', '--json'], 2, /--json is there twice/],
    ['an unknown option', () => ['relay', '--lissten', 'x'], 2, /Unknown option '--lissten'/],
    ['a directory for a genesis', () => ['serve', '--genesis', directory], 1, /is a directory: expected mainnet/],
    ['an endless file for a genesis', () => ['serve', '--genesis', '/dev/zero'], 1, /bad genesis \/dev\/zero, byte 0/],
    ['a genesis that is not UTF-8', () => ['serve', '--genesis', at('utf-8.json')], 1, /not UTF-8/],
    ['a genesis with an endless word', () => ['serve', '--genesis', at('long.json')], 1, /a word has more than/],
    ['a genesis with 300,000 levels', () => ['serve', '--genesis', at('deep.json')], 1, /levels are open/],
    ['a genesis with two balances', () => ['serve', '--genesis', at('twice.json')], 1, /Balance is there twice/],
    ['a genesis with a code of 2 MB', () => ['serve', '--genesis', at('large.json')], 1, /a code has 2000000 bytes/],
    ['an endless file for a header', () => [...sepolia, '--header', '/dev/zero'], 1, /bad header .*not in hex/],
    ['a directory for a header', () => [...sepolia, '--header', directory], 1, /bad header .*EISDIR/],
    ['an empty header', () => [...sepolia, '--header', ''], 2, /--header is empty/],
  ]
  const groups = Array.from({ length: Math.ceil(CASES.length / 5) }, (_, i) => CASES.slice(5 * i, 5 * i + 5))

  test.each(groups.map((cases) => [cases.map(([name]) => name).join('; '), cases] as const))(
    'error: %s',
    async (_, cases) => {
      const temporary = await temporaryDirectory()
      const results = await Promise.all(cases.map(([, args]) => run(args(), { temporary })))
      results.forEach(({ exitCode, stdout, stderr }, i) => {
        const [name, , expected, line] = cases[i]!
        expect([name, stderr]).toEqual([name, expect.stringMatching(line)])
        expect([name, exitCode, stdout, stderr.split('\n').length]).toEqual([name, expected, '', 2])
        expect(stderr).toMatch(/^rootlight: [^\p{Cc}]{1,400}\n$/u)
      })
      expect((await readdir(temporary)).filter((file) => file.startsWith('rootlight-'))).toEqual([])
    },
    120_000,
  )

  test.each([
    [['SIGTERM'], 143],
    [['SIGHUP'], 129],
    [['SIGINT', 'SIGINT'], 130],
  ] as const)(
    'behavior: %j ends an import, with a line, and nothing temporary stays',
    async (signals, exitCode) => {
      const temporary = await temporaryDirectory()
      const stop = new AbortController()
      const created = newDirectory(temporary, stop.signal)
      const { child, exit, output } = start(['serve', '--generate', '4000000'], { temporary })
      await created
      stop.abort()
      for (const signal of signals) child.kill(signal)
      expect(await exit).toBe(exitCode)
      expect(output).toEqual({ stdout: '', stderr: expect.stringMatching(/^rootlight: told to end before[^\n]*\n$/) })
      expect((await readdir(temporary)).filter((file) => file.startsWith('rootlight-'))).toEqual([])
    },
    120_000,
  )

  test('behavior: a server that is told to end, by SIGHUP too, leaves nothing temporary', async () => {
    const temporary = await temporaryDirectory()
    const { child, exit, firstLine, output } = start([...sepolia, '--json'], { temporary })
    await firstLine
    child.kill('SIGHUP')
    expect(await exit).toBe(0)
    expect(output.stderr).toBe('')
    expect((await readdir(temporary)).filter((file) => file.startsWith('rootlight-'))).toEqual([])
  }, 120_000)

  test.each([40, 400])(
    'error: a disk without room, after %i blocks, is one line, and what was there is served on',
    async (blocks) => {
      const data = join(await temporaryDirectory(), 'data')
      expect((await run(['import', '--genesis', 'sepolia', '--data', data])).exitCode).toBe(0)
      // The platform's own limit on the size of a file. Node turns the limit into an error instead of a signal.
      const command = [process.execPath, MAIN, 'generate', '--accounts', '5000', '--data', data]
      const child = spawn('/bin/sh', ['-c', `ulimit -f ${blocks}; exec "$@"`, 'sh', ...command], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      let stderr = ''
      child.stderr.on('data', (text) => (stderr += text))
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1)
      expect(stderr).toMatch(/^rootlight: cannot [^\n]*: the disk is full\n$/)
      const { exitCode, stdout } = await run(['verify', '--data', data, '--json'])
      expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { whole: true, states: [{ accounts: 15 }] }])
    },
    120_000,
  )

  test('error: a standard output that nobody reads is one line, and exit code 1', async () => {
    const { child, exit, output } = start(['--help'])
    child.stdout!.destroy()
    expect(await exit).toBe(1)
    expect(output.stderr).toMatch(/^rootlight: cannot write to standard output: [^\n]*\n$/)
  }, 120_000)

  test('default: verify says what is whole; a changed byte is told by verify and serve, and import mends it', async () => {
    const data = ['--data', join(await temporaryDirectory(), 'data')]
    await run(['import', '--genesis', 'hoodi', ...data])
    const imported = await run(['import', '--genesis', 'sepolia', ...data, '--json'])
    expect(imported.exitCode).toBe(0)
    const whole = await run(['verify', ...data, '--json'])
    expect([whole.exitCode, whole.stderr]).toEqual([0, ''])
    expect(JSON.parse(whole.stdout)).toMatchObject({
      whole: true,
      damaged: 0,
      states: [{ accounts: 335 }, { accounts: 15 }],
    })

    await changeByte(data[1]!, 'hoodi')
    const damaged = await run(['verify', ...data, '--json'])
    expect(damaged.exitCode).toBe(1)
    expect(JSON.parse(damaged.stdout)).toMatchObject({ whole: false, damaged: 1, states: [{ accounts: 15 }] })
    expect(damaged.stderr).toMatch(
      /^rootlight: hoodi \(root 0x[^\n]*is damaged: [^\n]*\nrootlight: 1 of 2 states [^\n]*\n$/,
    )

    const repaired = await run(['import', '--genesis', 'hoodi', ...data])
    expect([repaired.exitCode, repaired.stderr]).toEqual([0, expect.stringMatching(/hoodi .*is damaged/)])
    expect((await run(['verify', ...data])).exitCode).toBe(0)
  }, 120_000)
})
