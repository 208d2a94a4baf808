/** Commands in this process, on one data directory. `command-line.test.ts` has the tests needing a process. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { parsePeer } from '../network/address.ts'
import { createDialingNode } from '../network/libp2p/dialing-node.ts'
import { runCommand } from './run-command.ts'

const COMMANDS = {
  relay: ['relay'],
  serve: ['serve'],
  'serve --relay': ['serve', '--relay'],
}
type Name = keyof typeof COMMANDS
const NAMES = Object.keys(COMMANDS) as Name[]
const PAIRS = NAMES.flatMap((first) => NAMES.map((second) => [first, second] as const))

/** A data directory with one state, unchanged by the commands of the tests. */
let data: string

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'rootlight-test-'))
  const { signal } = new AbortController()
  const nobody = { write: () => true }
  const args = ['generate', '--accounts', '5', '--data', data]
  expect(await runCommand(args, { stdout: nobody, stderr: nobody, signal })).toBe(0)
})
afterAll(() => rm(data, { recursive: true, force: true }))

/** Starts a command, and stops the command at the latest when the test ends. */
function start(args: readonly string[], debug = '') {
  const told = new AbortController()
  const output = { stdout: '', stderr: '' }
  let onReady = (): void => {}
  const ready = new Promise<void>((resolve) => {
    onReady = resolve
  })
  const terminal = (name: keyof typeof output) => ({
    write: (text: string) => {
      output[name] += text
      if (name === 'stdout') onReady()
      return true
    },
  })
  const context = { stdout: terminal('stdout'), stderr: terminal('stderr'), signal: told.signal, debug }
  const exit = runCommand(args, context)
  const stop = async () => {
    told.abort()
    return exit
  }
  onTestFinished(async () => void (await stop()))
  return { exit, ready, output, stop }
}

describe('runCommand', () => {
  test('options: with DEBUG=rootlight a relay tells its decisions on stderr', async () => {
    Object.assign(globalThis, { WebSocket }) // Node 20 has none for dialing
    const relay = start(['relay', '--json'], 'rootlight')
    await relay.ready
    const [address] = JSON.parse(relay.output.stdout).multiaddrs
    const node = await createDialingNode([parsePeer(address)])
    await node.dial(multiaddr(address))
    await expect.poll(() => relay.output.stderr).toMatch(/^[^ ]+Z rootlight:serving ….{8} connected from \/ip4\/127/)
    await node.stop()
    expect(await relay.stop()).toBe(0)
  })

  test.each(PAIRS)('error: %s, and %s beside it on its data directory: one line', async (first, second) => {
    const one = start([...COMMANDS[first], '--data', data])
    await one.ready
    const other = start([...COMMANDS[second], '--data', data])
    expect(await other.exit).toBe(1)
    expect(other.output).toEqual({
      stdout: '',
      stderr: expect.stringMatching(/^rootlight: cannot [^\n]*another process[^\n]*\n$/),
    })
    expect([await one.stop(), one.output.stderr]).toEqual([0, ''])
  })

  test('behavior: one after the other on its data directory', async () => {
    for (const name of [...NAMES, ...NAMES.toReversed()]) {
      const command = start([...COMMANDS[name], '--data', data])
      await Promise.race([command.ready, command.exit])
      expect([await command.stop(), command.output.stderr]).toEqual([0, ''])
    }
  })
})
