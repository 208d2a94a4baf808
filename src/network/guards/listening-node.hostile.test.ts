/**
 * `rootlight serve` and `rootlight relay` as separate processes, attacked below HTTP, below WebSockets and below the
 * handshake. The process must live, write nothing to stderr, and serve the next peer.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { HostileClient } from '../../testing/hostile/hostile-client.ts'
import { closed, openSocket, openWebSocket, portOf, upgradeRequest } from '../../testing/hostile/raw-socket.ts'
import { INVALID_FRAMES } from '../../testing/hostile/websocket-frames.ts'

/** Room for a busy machine. */
const START_MS = 180_000
const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url))
const COMMANDS = [
  ['serve', ['serve', '--generate', '10', '--max-per-host', '1000000']],
  ['relay', ['relay']],
] as const
interface Command {
  readonly process: ChildProcess
  readonly address: string
  readonly port: number
  /** The output on stderr so far. */
  stderr: string
}

async function start(args: readonly string[]): Promise<Command> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const line = await Promise.race([
    once(child.stdout!, 'data').then(([data]) => data as Buffer),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
  ])
  const [address = ''] = (JSON.parse(String(line)) as { multiaddrs: string[] }).multiaddrs
  const started: Command = { process: child, address, port: portOf(address), stderr: '' }
  child.stderr!.on('data', (data) => {
    started.stderr += String(data)
  })
  return started
}

async function stop({ process: child }: Command): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}

describe.each(COMMANDS)('rootlight %s', (_, args) => {
  let command: Command
  let honest: HostileClient

  beforeAll(async () => {
    // Node 20 has no WebSocket to dial with.
    Object.assign(globalThis, { WebSocket })
    command = await start(args)
    honest = await HostileClient.create()
  }, START_MS)
  afterAll(async () => {
    await honest.stop()
    await stop(command)
  })

  /** Expects a living process, an empty stderr, and an accepted connection from another host. */
  async function expectLife(): Promise<void> {
    const socket = await openWebSocket({ port: command.port, from: '127.0.0.2' })
    expect([command.process.exitCode, command.stderr, socket.destroyed]).toEqual([null, '', false])
    socket.destroy()
  }

  test.each(Object.entries(INVALID_FRAMES))('error: an invalid frame of a WebSocket: %s', async (name, bytes) => {
    const from = `127.0.1.${1 + Object.keys(INVALID_FRAMES).indexOf(name)}`
    const socket = await openWebSocket({ port: command.port, from })
    socket.write(bytes)
    await closed(socket)
    await expectLife()
  })

  test.each([
    ['a second request to upgrade behind the first', () => upgradeRequest() + upgradeRequest()],
    ['a request behind which there is one to upgrade', () => `GET / HTTP/1.1\r\nHost: a\r\n\r\n${upgradeRequest()}`],
    ['many requests at once', () => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100)],
    ['no HTTP', () => 'hello\r\n\r\n'],
    ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['another protocol to upgrade to', () => upgradeRequest().replace('websocket', 'h2c')],
    ['an upgrade without a key', () => upgradeRequest().replace(/Sec-WebSocket-Key.*\r\n/, '')],
    ['an upgrade with a body', () => upgradeRequest().replace('Host', 'Content-Length: 5\r\nHost')],
    ['CONNECT', () => 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a body of chunks that are none', () => 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['an expectation', () => 'POST / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n'],
    ['headers that are too long', () => `GET / HTTP/1.1\r\nHost: ${'a'.repeat(100_000)}\r\n\r\n`],
  ])('error: %s', async (_name, text) => {
    const socket = await openSocket({ port: command.port, from: '127.0.3.1' })
    socket.write(text(), 'latin1')
    await expectLife()
    socket.resetAndDestroy()
    await expectLife()
  })

  test.each([
    ['at once', ''],
    ['after a byte', 'G'],
    ['within a request', 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ['behind a request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['behind a request to upgrade', upgradeRequest()],
  ])('error: connections that are reset %s', async (_name, text) => {
    for (let i = 0; i < 12; i++) {
      const socket = await openSocket({ port: command.port, from: `127.0.4.${1 + i}` })
      if (text !== '') socket.write(text)
      socket.resetAndDestroy()
    }
    await expectLife()
  })

  test('behavior: as many silent sockets of one host as it takes in all keep nobody else out', async () => {
    const from = '127.0.6.1'
    const silent = await Promise.all(Array.from({ length: 640 }, () => openSocket({ port: command.port, from })))
    await expectLife()
    const connection = await honest.dial(command.address)
    expect(connection.status).toBe('open')
    for (const socket of silent) socket.destroy()
    await connection.close()
  })

  test('error: whoever reads what it says has gone', async () => {
    command.process.stdout!.destroy()
    await expectLife()
  })

  test('behavior: afterwards there is a handshake with whoever comes', async () => {
    const connection = await honest.dial(command.address)
    expect(connection.status).toBe('open')
    await connection.close()
  })
})

describe('rootlight relay', () => {
  const linkLocal = Object.entries(networkInterfaces())
    .flatMap(([name, addresses = []]) => addresses.map(({ address }) => ({ name, address })))
    .find(({ address }) => address.startsWith('fe80:'))
  test.skipIf(linkLocal === undefined)(
    'behavior: a peer with a link-local address',
    async () => {
      const command = await start(['relay', '--listen', '/ip6/::/tcp/0/ws'])
      const socket = await openWebSocket({ port: command.port, host: `${linkLocal!.address}%${linkLocal!.name}` })
      expect([socket.destroyed, command.process.exitCode, command.stderr]).toEqual([false, null, ''])
      socket.destroy()
      await stop(command)
    },
    START_MS,
  )
})
