/**
 * The hostile client's process: does one thing as often as it is let, for as long as it is told to. At the lowest priority:
 * a real one has a machine of its own, and what it takes from the others here should be the server's time only.
 */
import { setPriority } from 'node:os'
import { WebSocket } from 'ws'
import { type Attack, BURDENS, FLOODS, type Target, VIOLATIONS } from '../../../src/testing/hostile/attacks.ts'
import { ended, HostileClient, openStream, send } from '../../../src/testing/hostile/hostile-client.ts'
import { getNodes, MAX_RESPONSE_BYTES, STATUS } from '../../../src/testing/hostile/wire-bytes.ts'
import { seededRandom } from '../../../src/testing/random.ts'
import { answerParent } from './child.ts'
import type { ServerReady } from './server.ts'

export interface AttackerQuestion {
  readonly attack: string
  readonly ms: number
}

export interface AttackerFigures {
  /** That were made, and those that could not be because no connection was to be had. */
  readonly attacks: number
  readonly refused: number
}

/** Attacks that are under way at the same time, each of a peer of its own. */
const AT_ONCE = 8
const LOWEST_PRIORITY = 19

/** Keeps within every limit, and takes all that it is given. */
const greedy: Attack = async (client, { address, root }) => {
  const stream = await openStream(await client.dial(address), STATUS)
  const request = () => send(stream, getNodes(1, root, MAX_RESPONSE_BYTES))
  let left = MAX_RESPONSE_BYTES
  // One request at a time, the next one when about as much has come as it brings.
  stream.addEventListener('message', ({ data }) => {
    left -= data.byteLength
    if (left > 0) return
    left += MAX_RESPONSE_BYTES
    request()
  })
  request()
  return { end: ended(stream) }
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  ...Object.fromEntries(Object.entries(VIOLATIONS).map(([name, [, attack]]) => [name, attack])),
  ...Object.fromEntries(Object.entries(BURDENS).map(([name, [, attack]]) => [name, attack])),
  ...FLOODS,
  'greed, within the limits': greedy,
}

Object.assign(globalThis, { WebSocket })
setPriority(LOWEST_PRIORITY)
const { address = '', root = '' } = JSON.parse(process.argv[2]!) as Partial<ServerReady>
const target: Target = { address, root: new Uint8Array(Buffer.from(root, 'hex')), random: seededRandom(1) }
answerParent<AttackerQuestion, AttackerFigures>(Object.keys(ATTACKS), run)

async function run({ attack: name, ms }: AttackerQuestion): Promise<AttackerFigures> {
  const attack = ATTACKS[name]!
  const until = performance.now() + ms
  const figures = { attacks: 0, refused: 0 }
  async function attackOn(): Promise<void> {
    const client = await HostileClient.create()
    while (performance.now() < until) {
      try {
        const { end } = await attack(client, target)
        figures.attacks++
        await Promise.race([end, timeUntil(until)])
      } catch {
        // No connection, or no longer one: what the server is for.
        figures.refused++
      }
    }
    await client.stop()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, attackOn))
  return figures
}

function timeUntil(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - performance.now())))
}
