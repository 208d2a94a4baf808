/** The page of a client of the hostile benchmark, one tab each. The client asks as a sync does, or attacks. */
import { parsePeer, parseRelay } from '../../../src/network/address.ts'
import { callerOf } from '../../../src/network/libp2p/libp2p-caller.ts'
import { createWebRtcNode } from '../../../src/network/libp2p/webrtc-node.ts'
import { statusOf } from '../../../src/protocol/messages.ts'
import { Requester } from '../../../src/protocol/requester.ts'
import { createHostileTab, TAB_ATTACKS, targetAt } from '../../page/hostile-tab.ts'
import { askFor } from '../hostile/asking.ts'
import { attackFor, greedy } from '../hostile/attacking.ts'
import type { AttackerFigures, HonestFigures } from '../hostile/scene.ts'
import type { StrangerPage, StrangerTask } from '../stranger-contract.ts'

const HANDSHAKE_MS = 10_000

class Stranger implements StrangerPage {
  #task!: StrangerTask
  #requester: Requester | null = null

  async open(task: StrangerTask): Promise<void> {
    this.#task = task
  }

  async ask(ms: number): Promise<HonestFigures> {
    this.#requester ??= await this.#connect()
    return askFor(this.#requester, targetAt(this.#task.address, this.#task.root).root, ms)
  }

  async attack(name: string, ms: number): Promise<AttackerFigures> {
    const { address, relay, root } = this.#task
    const [, attack] = TAB_ATTACKS[name as keyof typeof TAB_ATTACKS] ?? [null, greedy]
    return attackFor(attack, targetAt(address, root), ms, () => createHostileTab(relay))
  }

  async #connect(): Promise<Requester> {
    const address = parsePeer(this.#task.address)
    const node = await createWebRtcNode({
      named: [address.multiaddr],
      relays: [parseRelay(this.#task.relay)],
      isListening: false,
      rtcConfiguration: { iceServers: [] },
    })
    const signal = AbortSignal.timeout(HANDSHAKE_MS)
    const link = await callerOf(node).dial(address, signal)
    const requester = new Requester({ wire: await link.open(signal), status: statusOf(0) })
    await requester.start()
    return requester
  }
}

globalThis.stranger = new Stranger()
