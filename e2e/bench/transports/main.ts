/**
 * `npm run bench -- transports`: measures in a process of its own, because WebRTC takes an interface beside loopback, and is
 * measured alone in a network namespace.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type CommandLine, inOwnNetwork } from '../../own-network.ts'
import { parseTransportOptions } from '../options.ts'

/** `args` are those behind the command's name. */
export async function benchTransports(args: readonly string[]): Promise<void> {
  parseTransportOptions(args) // what makes no sense is told at once
  const script = fileURLToPath(new URL('./bench.ts', import.meta.url))
  const here: CommandLine = [process.execPath, ...process.execArgv, script, ...args]
  const isolated = inOwnNetwork(here)
  if (isolated === null)
    console.error('No network namespace (not root, or no iproute2): uses this machine’s interface.')
  const [command, ...rest] = isolated ?? here
  process.exitCode = spawnSync(command, rest, { stdio: 'inherit' }).status ?? 1
}
