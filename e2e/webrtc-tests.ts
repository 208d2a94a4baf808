/** The command for the end-to-end tests of WebRTC: in a network of their own where possible, else on the machine's. */
import { type CommandLine, inOwnNetwork } from './own-network.ts'

/** Returns the command; `args` are Playwright's. */
export function webrtcTests(args: readonly string[]): CommandLine {
  const command: CommandLine = ['npx', 'playwright', 'test', '-c', 'e2e', '--project=webrtc', ...args]
  const isolated = inOwnNetwork(command)
  if (isolated === null)
    console.log('No network namespace (not root, or no iproute2): WebRTC uses this machine’s interface.')
  return isolated ?? command
}
