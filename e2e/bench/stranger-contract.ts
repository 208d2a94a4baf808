/** What the page of a client, honest or hostile, offers to the process that drives it: plain data crosses. */
import type { AttackerFigures, HonestFigures } from './hostile/scene.ts'

export interface StrangerTask {
  /** Multiaddr of the tab that serves, and of the relay that it is reached over. */
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
