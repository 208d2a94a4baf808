/** A server or a relay, an honest and a hostile client: one process each, over WebSockets. */
import type { AttackerInput, AttackerQuestion } from './attacker.ts'
import { Child } from './child.ts'
import type { HonestQuestion } from './honest.ts'
import type { RelayReady } from './relay.ts'
import type { AttackerFigures, HonestFigures, Scene, ServingFigures } from './scene.ts'
import type { ServerReady } from './server.ts'

/** Returns the names of all attacks on a server or a relay. */
export async function attacksOf(of: AttackerInput['of']): Promise<readonly string[]> {
  const input: AttackerInput = { of }
  const { child, ready } = await Child.start<string[], AttackerQuestion, AttackerFigures>('./attacker.ts', input)
  await child.stop()
  return ready
}

export async function startServerScene(accounts: number): Promise<Scene> {
  return startScene('server', await Child.start<ServerReady, object, ServingFigures>('./server.ts', { accounts }))
}

/** Starts a relay, and honest tabs with the usual requests of tabs. */
export async function startRelayScene(): Promise<Scene> {
  return startScene('relay', await Child.start<RelayReady, object, ServingFigures>('./relay.ts', {}))
}

const HONEST = { server: './honest.ts', relay: './relayed.ts' }

interface Serving {
  readonly child: Child<object, ServingFigures>
  readonly ready: RelayReady | ServerReady
}

async function startScene(of: AttackerInput['of'], { child: server, ready }: Serving): Promise<Scene> {
  const { child: honest } = await Child.start<object, HonestQuestion, HonestFigures>(HONEST[of], ready)
  const input: AttackerInput = { of, ...ready }
  const { child: attacker } = await Child.start<object, AttackerQuestion, AttackerFigures>('./attacker.ts', input)
  return {
    ask: (ms) => honest.ask({ ms }),
    attack: (attack, ms) => attacker.ask({ attack, ms }),
    served: () => server.ask({}),
    async stop() {
      for (const child of [attacker, honest, server]) await child.stop()
    },
  }
}
