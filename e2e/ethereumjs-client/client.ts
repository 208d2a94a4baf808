/**
 * `@ethereumjs/client` on this machine: another execution client, on the same genesis. The client is a package of its
 * own beside this file, installed when a test needs it. The package brings 111 MB, and older copies of our own
 * packages.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type RpcClient, rpcClient } from '../json-rpc.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const CLI = `${FOLDER}node_modules/@ethereumjs/client/dist/esm/bin/cli.js`
const START_MS = 60_000

export interface EthereumjsClient extends RpcClient {
  stop(): Promise<void>
}

/** Starts the client alone, without peers and without looking for any. */
export async function startEthereumjsClient(genesis: object): Promise<EthereumjsClient> {
  await install()
  const directory = await mkdtemp(join(tmpdir(), 'rootlight-ethereumjs-'))
  const file = join(directory, 'genesis.json')
  await writeFile(file, JSON.stringify(genesis))
  const [rpcPort, port] = [await freePort(), await freePort()]
  const alone = ['--discDns', 'false', '--discV4', 'false', '--isSingleNode', '--maxPeers', '0', '--port', `${port}`]
  const rpc = ['--rpc', '--rpcAddr', '127.0.0.1', '--rpcPort', `${rpcPort}`]
  const args = [
    CLI,
    '--gethGenesis',
    file,
    '--dataDir',
    join(directory, 'data'),
    ...alone,
    ...rpc,
    '--logLevel',
    'error',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : null
    child.kill('SIGKILL')
    await ended
    await rm(directory, { recursive: true, force: true })
  }
  const client = rpcClient(`http://127.0.0.1:${rpcPort}`)
  for (const end = Date.now() + START_MS; Date.now() < end && child.exitCode === null; ) {
    if (await answers(client)) return { ...client, stop }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  throw new Error('@ethereumjs/client does not answer')
}

async function install(): Promise<void> {
  if (existsSync(CLI)) return
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
  })
}

async function answers(client: RpcClient): Promise<boolean> {
  try {
    return (await client.request({ method: 'eth_blockNumber' })) !== undefined
  } catch {
    return false // it is not there yet
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
