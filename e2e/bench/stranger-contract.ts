/**
 * The interface of the page of an honest or hostile client, for the process driving the page. Only plain data crosses.
 */
import type { AttackerFigures, HonestFigures } from './hostile/scene.ts'

export interface StrangerTask {
  /** Multiaddr of the serving tab, and of the relay in front of the tab. */
  readonly address: string
  readonly relay: string
  readonly root: string
}

export interface StrangerPage {
  open(task: StrangerTask): Promise<void>
  ask(ms: number): Promise<HonestFigures>
  attack(name: string, ms: number): Promise<AttackerFigures>
}

declare global {
  var stranger: StrangerPage
}
