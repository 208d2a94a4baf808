/**
 * A network for one command: a namespace with loopback, a pair of interfaces and a default route, closed off from the
 * world. WebRTC needs an interface beside loopback, and a test must not use any other. The namespace has no name, and
 * ends with the last process inside.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A command and its arguments. */
export type CommandLine = readonly [command: string, ...args: string[]]

const SET_UP = fileURLToPath(new URL('./own-network.sh', import.meta.url))

/** Returns `command` wrapped in a network of its own. `null`: Linux, root or iproute2 is missing. */
export function inOwnNetwork(command: CommandLine): CommandLine | null {
  return isPossible() ? inNamespace(command) : null
}

function isPossible(): boolean {
  if (process.getuid?.() !== 0) return false
  const [command, ...args] = inNamespace([])
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function inNamespace(command: readonly string[]): CommandLine {
  return ['unshare', '--net', 'sh', SET_UP, ...command]
}
