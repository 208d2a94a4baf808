/** The hostile client: does one thing as often as it is let, for as long as it is told to. */
import type { Attack, Target } from '../../../src/testing/hostile/attacks.ts'
import { ended, type HostileClient, openStream, send } from '../../../src/testing/hostile/hostile-client.ts'
import { getNodes, MAX_RESPONSE_BYTES, STATUS } from '../../../src/testing/hostile/wire-bytes.ts'
import type { AttackerFigures } from './scene.ts'

/** Attacks that are under way at the same time, each of a peer of its own, where nothing else is said. */
const AT_ONCE = 8

/** Keeps within every limit, and takes all that it is given. */
export const greedy: Attack = async (client, { address, root }) => {
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

/** `create` makes a peer that nobody has heard of. */
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

/** Peers that are connected before they attack, and stay connected: what they cost is what they ask for. */
export class Crowd {
  readonly #clients: HostileClient[] = []

  /** `count` peers; those of them that are not connected to the target try to be, once. */
  async gather(count: number, { address }: Target, create: () => Promise<HostileClient>): Promise<void> {
    while (this.#clients.length < count) this.#clients.push(await create())
    // One after the other: more at a time than may be pending would cost each other their places.
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
      // No connection, or no longer one: what the other side is for.
      figures.refused++
    }
  }
}

function timeUntil(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - performance.now())))
}
