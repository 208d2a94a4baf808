/**
 * A network of its own for a command: a namespace with loopback, a pair of interfaces and a default route, from which
 * nothing leaves the machine. WebRTC needs an interface beside loopback, and a test no other than this one. The namespace
 * has no name: it ends with the last process in it, however that ends.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A command and its arguments. */
export type CommandLine = readonly [command: string, ...args: string[]]

const SET_UP = fileURLToPath(new URL('./own-network.sh', import.meta.url))

/** `command`, to be run in a network of its own; `null`: that takes Linux, root and iproute2, and not all of them are here. */
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
