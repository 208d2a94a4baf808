/**
 * The hostile client's process. At the lowest priority: a real one has a machine of its own, and what it takes from the
 * others here should be the server's time only.
 */
import { setPriority } from 'node:os'
import { WebSocket } from 'ws'
import { type Attack, BURDENS, FLOODS, type Target, VIOLATIONS } from '../../../src/testing/hostile/attacks.ts'
import { HostileClient } from '../../../src/testing/hostile/hostile-client.ts'
import { seededRandom } from '../../../src/testing/random.ts'
import { attackFor, greedy } from './attacking.ts'
import { answerParent } from './child.ts'
import type { AttackerFigures } from './scene.ts'
import type { ServerReady } from './server.ts'

export interface AttackerQuestion {
  readonly attack: string
  readonly ms: number
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  ...Object.fromEntries(Object.entries(VIOLATIONS).map(([name, [, attack]]) => [name, attack])),
  ...Object.fromEntries(Object.entries(BURDENS).map(([name, [, attack]]) => [name, attack])),
  ...FLOODS,
  'greed, within the limits': greedy,
}
const LOWEST_PRIORITY = 19

Object.assign(globalThis, { WebSocket })
setPriority(LOWEST_PRIORITY)
const { address = '', root = '' } = JSON.parse(process.argv[2]!) as Partial<ServerReady>
const target: Target = { address, root: new Uint8Array(Buffer.from(root, 'hex')), random: seededRandom(1) }
answerParent<AttackerQuestion, AttackerFigures>(Object.keys(ATTACKS), ({ attack, ms }) =>
  attackFor(ATTACKS[attack]!, target, ms, () => HostileClient.create()),
)
