/** Benchmarks of WebRTC, which needs an interface beside loopback. They run alone in a network namespace. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type CommandLine, inOwnNetwork } from '../own-network.ts'

/** Runs `script` to its end in another process, and takes over its exit code. */
export function runInOwnNetwork(script: URL, args: readonly string[]): void {
  const here: CommandLine = [process.execPath, ...process.execArgv, fileURLToPath(script), ...args]
  const isolated = inOwnNetwork(here)
  if (isolated === null)
    console.error('No network namespace (not root, or no iproute2): uses this machine’s interface.')
  const [command, ...rest] = isolated ?? here
  process.exitCode = spawnSync(command, rest, { stdio: 'inherit' }).status ?? 1
}
