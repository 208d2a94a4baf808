/**
 * The hostile client's process. Runs at the lowest priority: a real attacker has a machine of its own. Here the attack
 * must cost the server's time only, not the others' time.
 */
import { setPriority } from 'node:os'
import { WebSocket } from 'ws'
import { type Attack, BURDENS, FLOODS, type Target, VIOLATIONS } from '../../../src/testing/hostile/attacks.ts'
import { DEAR_REQUESTS } from '../../../src/testing/hostile/dear-requests.ts'
import { HostileClient } from '../../../src/testing/hostile/hostile-client.ts'
import { RAW_ATTACKS } from '../../../src/testing/hostile/raw-attacks.ts'
import { RELAY_ATTACKS } from '../../../src/testing/hostile/relay-attacks.ts'
import { seededRandom } from '../../../src/testing/random.ts'
import { attackFor, Crowd, greedy } from './attacking.ts'
import { answerParent } from './child.ts'
import type { AttackerFigures } from './scene.ts'
import type { ServerReady } from './server.ts'

/** The target of the attacks. Without an address, the process only lists its attacks. */
export interface AttackerInput extends Partial<ServerReady> {
  readonly of: 'server' | 'relay'
}

export interface AttackerQuestion {
  readonly attack: string
  readonly ms: number
}

/** Attacks on servers as well as on relays. */
const EVERYWHERE = { ...FLOODS, ...RAW_ATTACKS }
const ATTACKS: Readonly<Record<'server' | 'relay', Readonly<Record<string, Attack>>>> = {
  server: {
    ...Object.fromEntries(Object.entries(VIOLATIONS).map(([name, [, attack]]) => [name, attack])),
    ...Object.fromEntries(Object.entries(BURDENS).map(([name, [, attack]]) => [name, attack])),
    ...EVERYWHERE,
    'greed, within the limits': greedy,
  },
  relay: EVERYWHERE,
}
/** Within the limits, by one peer, and by as many as one host may connect. */
const CROWDS = { 'one peer': 1, 'sixty peers': 60 }
const DEAR: Readonly<Record<'server' | 'relay', Readonly<Record<string, Attack>>>> = {
  server: DEAR_REQUESTS,
  relay: RELAY_ATTACKS,
}
const LOWEST_PRIORITY = 19

/** A socket from another host than the honest client's. */
class OtherHostsWebSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols, { localAddress: '127.0.0.2' })
  }
}

Object.assign(globalThis, { WebSocket: OtherHostsWebSocket })
setPriority(LOWEST_PRIORITY)
const { of, address = '', root = '' } = JSON.parse(process.argv[2]!) as AttackerInput
const attacks = ATTACKS[of]
const crowdAttacks = new Map<string, { readonly attack: Attack; readonly peers: number }>(
  Object.entries(CROWDS).flatMap(([crowd, peers]) =>
    Object.entries(DEAR[of]).map(([name, attack]) => [`${name}, of ${crowd}`, { attack, peers }] as const),
  ),
)
const target: Target = { address, root: new Uint8Array(Buffer.from(root, 'hex')), random: seededRandom(1) }
const crowd = new Crowd()
answerParent<AttackerQuestion, AttackerFigures>(
  [...Object.keys(attacks), ...crowdAttacks.keys()],
  async ({ attack, ms }) => {
    const dear = crowdAttacks.get(attack)
    if (dear === undefined) return attackFor(attacks[attack]!, target, ms, () => HostileClient.create())
    await crowd.gather(dear.peers, target, () => HostileClient.create())
    return crowd.attackFor(dear.attack, target, ms)
  },
)
