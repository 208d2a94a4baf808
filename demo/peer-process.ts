/** The peer of the demo: the built command line, `rootlight serve`, in a process of its own. Node only. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CHAIN_ID } from './contracts/wallet-genesis.ts'
import type { PeerConfig } from './peer-config.ts'
import { TOKEN, writeTokenGenesis } from './token-genesis.ts'

/** A listening peer. */
export interface PeerProcess {
  /** The line printed by the peer, with a name and, for a known genesis, a chain. */
  readonly config: PeerConfig
  readonly process: ChildProcess
}

const MAIN = fileURLToPath(new URL('../dist/server/main.js', import.meta.url))
const CHAIN_IDS: Readonly<Record<string, number>> = { mainnet: 1, sepolia: 11155111, holesky: 17000, hoodi: 560048 }

/** Name of the genesis with a token. */
const TOKENS = 'tokens'

/**
 * Starts a peer with `genesis` (a name, `tokens`, or a file) on a free port of 127.0.0.1. Rejects if the peer ends
 * before listening.
 */
export async function startPeer(genesis: string): Promise<PeerProcess> {
  if (!existsSync(MAIN)) throw new Error('dist/server/main.js is not there: run "npm run build" first')
  const isTokens = genesis === TOKENS
  const file = isTokens ? await writeTokenGenesis() : genesis
  const args = [MAIN, 'serve', '--genesis', file, '--listen', '/ip4/127.0.0.1/tcp/0/ws', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = await firstLine(child)
  const chainId = isTokens ? CHAIN_ID : CHAIN_IDS[genesis]
  const name = isTokens
    ? 'mainnet’s genesis with a token'
    : chainId === undefined
      ? basename(genesis)
      : `${genesis} genesis`
  const more = { ...(chainId === undefined ? {} : { chainId }), ...(isTokens ? { token: TOKEN } : {}) }
  return { config: { name, blockNumber: 0, ...more, ...JSON.parse(ready) }, process: child }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the peer ended with code ${code} before it was ready`)))
    createInterface({ input: child.stdout! }).once('line', resolve)
  })
}
