import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { KNOWN_HEADERS } from '../wallet/known-headers.suite.ts'
import { temporaryDirectory } from './temporary.suite.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Starts the command as a process of its own. */
function start(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on('data', (data) => {
      output.stdout += data
      if (output.stdout.includes('\n')) resolve(output.stdout)
    })
  })
  child.stderr.on('data', (data) => (output.stderr += data))
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, firstLine, exit, output }
}

async function run(...args: string[]) {
  const { exit, output } = start(...args)
  return { exitCode: await exit, ...output }
}

describe('rootlight', () => {
  test('default: serve --json prints one line when it is ready, and ends with SIGINT', async () => {
    const { child, firstLine, exit, output } = start('serve', '--genesis', 'sepolia', '--genesis', 'hoodi', '--json')
    const ready = JSON.parse(await firstLine)
    expect(ready).toEqual({
      root: '0x5eb6e371a698b8d68f665192350ffcecbbbf322916f4b51bd79bb6887da3f494',
      blockHash: '0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9',
      peerId: expect.stringMatching(/^12D3Koo/),
      multiaddrs: [expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\/12D3Koo/)],
      accounts: 15,
      nodes: 19,
      roots: [ready.root, '0xda87d7f5f91c51508791bbcbd4aa5baf04917830b86985eeb9ad3d5bfb657576'],
    })
    child.kill('SIGINT')
    expect(await exit).toBe(0)
    expect(output).toEqual({ stdout: `${JSON.stringify(ready)}\n`, stderr: '' })
  })

  test('default: generate fills a data directory, serve serves it, under the same peer id each time', async () => {
    const data = join(await temporaryDirectory(), 'data')
    const generated = await run('generate', '--accounts', '50', '--seed', '3', '--data', data, '--json')
    const { root, blockHash, accounts } = JSON.parse(generated.stdout)
    const { hash, rlp } = KNOWN_HEADERS[0]!
    const ids: string[] = []
    for (let i = 0; i < 2; i++) {
      const server = start('serve', '--data', data, '--json', '--header', `0x${rlp}`)
      const ready = JSON.parse(await server.firstLine)
      expect(ready).toMatchObject({ root, blockHash, accounts, headers: [`0x${hash}`] })
      ids.push(ready.peerId)
      server.child.kill('SIGTERM')
      expect(await server.exit).toBe(0)
    }
    expect(ids[0]).toBe(ids[1])
  })

  test('default: serve --relay and relay say what they give to each tab; a relay keeps its peer id', async () => {
    const data = join(await temporaryDirectory(), 'relay')
    const limits = { reservations: 3, reservationSeconds: 3600, connectionBytes: 9000, connectionSeconds: 120 }
    const flags = ['--relay-reservations', '3', '--relay-bytes', '9000']
    const serving = start('serve', '--genesis', 'sepolia', '--relay', ...flags, '--json')
    expect(JSON.parse(await serving.firstLine)).toMatchObject({ accounts: 15, relay: limits })
    const ids: string[] = []
    for (let i = 0; i < 2; i++) {
      const relay = start('relay', '--data', data, ...flags, '--json')
      const ready = JSON.parse(await relay.firstLine)
      expect(ready).toEqual({ peerId: expect.any(String), multiaddrs: [expect.stringMatching(/ws/)], relay: limits })
      ids.push(ready.peerId)
      relay.child.kill('SIGTERM')
      expect(await relay.exit).toBe(0)
    }
    expect(ids[0]).toBe(ids[1])
    const text = start('relay', ...flags)
    expect(await text.firstLine).toMatch(
      /^listening on .*\nrelay: 3 reservations of 3,600 s; a relayed connection carries 9,000 bytes, and stands for 120 s/,
    )
  })

  test('error: a port in use', async () => {
    const first = start('serve', '--genesis', 'sepolia', '--json')
    const listen = JSON.parse(await first.firstLine).multiaddrs[0].replace(/\/p2p\/.*/, '')
    const second = await run('serve', '--genesis', 'sepolia', '--listen', listen)
    expect(second).toMatchObject({ exitCode: 1, stdout: '', stderr: `rootlight: in use already: ${listen}\n` })
    first.child.kill('SIGINT')
    expect(await first.exit).toBe(0)
  })

  test('error: one line on standard error for what an operator can get wrong', async () => {
    const directory = await temporaryDirectory()
    const genesis = join(directory, 'genesis.json')
    await writeFile(genesis, '{"alloc":{"0x12":{"balance":"1"}}}')
    const data = ['--data', join(directory, 'data')]
    const results = await Promise.all([
      run('serve', '--genesis', genesis),
      run('serve', '--genesis', 'ropsten'),
      run('serve', '--genesis', 'sepolia', '--listen', 'localhost:80'),
      run('import', '--genesis', 'sepolia', ...data, '--root', '11'.repeat(32)),
      run('serve', '--genesis', 'sepolia', '--header', 'ab'.repeat(32)),
      run('serve'),
    ])
    expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 1, 1, 2])
    const rules = [
      /alloc\.0x12 is not an address/,
      /no genesis state ropsten/,
      /not a multiaddr/,
      /expected 0x1111/,
      /not a block header/,
      /serve needs/,
    ]
    results.forEach(({ stdout, stderr }, i) => {
      expect(stderr).toMatch(rules[i]!)
      expect([stdout, stderr.split('\n').length]).toEqual(['', 2])
    })
  })

  test('default: --help and --version', async () => {
    const [help, version] = await Promise.all([run('--help'), run('--version')])
    expect(help).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('rootlight serve --genesis'),
      stderr: '',
    })
    expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
  })
})
