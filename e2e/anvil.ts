/** anvil on this machine: an execution client of another team, on the same genesis. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RpcClient, rpcClient } from './json-rpc.ts'

export interface Anvil extends RpcClient {
  stop(): Promise<void>
}

/** The longest time until anvil listens. */
const START_MS = 20_000

/** Starts anvil with `genesis`, without accounts or contracts of its own, by the rules of Shanghai or of `hardfork`. */
export async function startAnvil(genesis: object, hardfork = 'shanghai'): Promise<Anvil> {
  const directory = await mkdtemp(join(tmpdir(), 'rootlight-anvil-'))
  const file = join(directory, 'genesis.json')
  await writeFile(file, JSON.stringify(genesis))
  const own = ['--accounts', '0', '--disable-default-create2-deployer', '--hardfork', hardfork]
  const child = spawn(binary(), ['--init', file, '--host', '127.0.0.1', '--port', '0', '--no-mining', ...own], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : null
    child.kill('SIGKILL')
    await ended
    await rm(directory, { recursive: true, force: true })
  }
  try {
    return { ...rpcClient(`http://${await listening(child)}`), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Returns the path of the binary in the package of this platform. The package for all platforms would start the binary
 * as a child, which would outlive its parent.
 */
function binary(): string {
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  return createRequire(import.meta.url).resolve(`${name}/bin/anvil${process.platform === 'win32' ? '.exe' : ''}`)
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('anvil does not listen')), START_MS)
    let text = ''
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`anvil ended with ${code}`)))
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const address = /Listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1]
      if (address === undefined) return
      clearTimeout(timer)
      resolve(address)
    })
  })
}
