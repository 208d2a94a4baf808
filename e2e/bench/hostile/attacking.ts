/** The hostile client: repeats one attack as often as possible, for a given time. */
import type { Attack, Target } from '../../../src/testing/hostile/attacks.ts'
import { ended, type HostileClient, openStream, send } from '../../../src/testing/hostile/hostile-client.ts'
import { getNodes, MAX_RESPONSE_BYTES, STATUS } from '../../../src/testing/hostile/wire-bytes.ts'
import type { AttackerFigures } from './scene.ts'

/** The default number of attacks at the same time, each by a peer of its own. */
const AT_ONCE = 8

/** Keeps within every limit, and takes everything on offer. */
export const greedy: Attack = async (client, { address, root }) => {
  const stream = await openStream(await client.dial(address), STATUS)
  const request = () => send(stream, getNodes(1, root, MAX_RESPONSE_BYTES))
  let left = MAX_RESPONSE_BYTES
  // One request at a time. The next request follows when the bytes of about one answer have arrived.
  stream.addEventListener('message', ({ data }) => {
    left -= data.byteLength
    if (left > 0) return
    left += MAX_RESPONSE_BYTES
    request()
  })
  request()
  return { end: ended(stream) }
}

/** Attacks for `ms` milliseconds. `create` makes a peer unknown to the target. */
export async function attackFor(
  attack: Attack,
  target: Target,
  ms: number,
  create: () => Promise<HostileClient>,
): Promise<AttackerFigures> {
  const until = performance.now() + ms
  const figures = { attacks: 0, refused: 0, cutOff: 0 }
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const client = await create()
      await attackOn(attack, target, client, until, figures)
      await client.stop()
    }),
  )
  return figures
}

/** Peers connected before and during their attacks: only their requests cost anything. */
export class Crowd {
  readonly #clients: HostileClient[] = []

  /** Brings the crowd to `count` peers. Each peer without a connection tries once to connect to the target. */
  async gather(count: number, { address }: Target, create: () => Promise<HostileClient>): Promise<void> {
    while (this.#clients.length < count) this.#clients.push(await create())
    // One after the other: too many pending connections would take places from each other.
    for (const client of this.#clients) if (!client.isConnected) await client.prepare(address).catch(() => {}) // counted below
  }

  get #connected(): number {
    return this.#clients.filter(({ isConnected }) => isConnected).length
  }

  async attackFor(attack: Attack, target: Target, ms: number): Promise<AttackerFigures> {
    const until = performance.now() + ms
    const figures = { attacks: 0, refused: 0, cutOff: 0 }
    const connected = this.#connected
    await Promise.all(this.#clients.map((client) => attackOn(attack, target, client, until, figures)))
    for (const client of this.#clients) client.rest()
    return { ...figures, connected, peers: this.#clients.length }
  }
}

async function attackOn(
  attack: Attack,
  target: Target,
  client: HostileClient,
  until: number,
  figures: { attacks: number; refused: number; cutOff: number },
): Promise<void> {
  while (performance.now() < until) {
    try {
      const { end } = await attack(client, target)
      figures.attacks++
      await Promise.race([end.then(() => void figures.cutOff++), timeUntil(until)])
    } catch {
      // No connection, or none any more: the other side defends itself.
      figures.refused++
    }
  }
}

function timeUntil(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - performance.now())))
}
