/** The peer of the demo: the built command line, `rootlight serve`, as a process of its own. Node only. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { PeerConfig } from './peer-config.ts'

/** A peer that listens. */
export interface PeerProcess {
  /** The line that the peer printed, with a name and, where the genesis is a known one, a chain. */
  readonly config: PeerConfig
  readonly process: ChildProcess
}

const MAIN = fileURLToPath(new URL('../dist/server/main.js', import.meta.url))
const CHAIN_IDS: Readonly<Record<string, number>> = { mainnet: 1, sepolia: 11155111, holesky: 17000, hoodi: 560048 }

/** Starts a peer with `genesis` (a name or a file) on a free port of 127.0.0.1. Rejects if it ends before it listens. */
export async function startPeer(genesis: string): Promise<PeerProcess> {
  if (!existsSync(MAIN)) throw new Error('dist/server/main.js is not there: run "npm run build" first')
  const args = [MAIN, 'serve', '--genesis', genesis, '--listen', '/ip4/127.0.0.1/tcp/0/ws', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = await firstLine(child)
  const chainId = CHAIN_IDS[genesis]
  const name = chainId === undefined ? basename(genesis) : `${genesis} genesis`
  return { config: { name, ...(chainId === undefined ? {} : { chainId }), ...JSON.parse(ready) }, process: child }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the peer ended with code ${code} before it was ready`)))
    createInterface({ input: child.stdout! }).once('line', resolve)
  })
}
