/** A server, an honest and a hostile client: a process each, over WebSockets. */
import type { AttackerQuestion } from './attacker.ts'
import { Child } from './child.ts'
import type { HonestQuestion } from './honest.ts'
import type { AttackerFigures, HonestFigures, Scene, ServingFigures } from './scene.ts'
import type { ServerReady } from './server.ts'

/** The names of all attacks that a server can be attacked with. */
export async function serverAttacks(): Promise<readonly string[]> {
  const { child, ready } = await Child.start<string[], AttackerQuestion, AttackerFigures>('./attacker.ts', {})
  await child.stop()
  return ready
}

export async function startServerScene(accounts: number): Promise<Scene> {
  const { child: server, ready } = await Child.start<ServerReady, object, ServingFigures>('./server.ts', { accounts })
  const { child: honest } = await Child.start<object, HonestQuestion, HonestFigures>('./honest.ts', ready)
  const { child: attacker } = await Child.start<object, AttackerQuestion, AttackerFigures>('./attacker.ts', ready)
  return {
    ask: (ms) => honest.ask({ ms }),
    attack: (attack, ms) => attacker.ask({ attack, ms }),
    served: () => server.ask({}),
    async stop() {
      for (const child of [attacker, honest, server]) await child.stop()
    },
  }
}
